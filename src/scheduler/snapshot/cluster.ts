/**
 * The nodes and the pods on them, as columns. Events change it in place; everything that decides reads it between
 * two events, so that it always sees one consistent state.
 *
 * What must stay true: the columns of a row equal what would be counted afresh from its node and its pods; each
 * change of a row is in the change log, from which evaluations learn what they have to look at again; `layout`
 * moves when numbers that plugins may have kept (of labels, taints, resources) got a new meaning.
 */

import { ClaimUsers, claimKeysOf } from "./claim-users.ts";
import { roomFor, grownBytes } from "./columns.ts";
import { ImageTable, type ImageColumn } from "./images.ts";
import { LabelTable, type LabelColumn } from "./labels.ts";
import { Nominations } from "./nominations.ts";
import { LoadTable, type NodeMetricsObject } from "./loads.ts";
import type { NodeObject } from "./objects.ts";
import { PodGroups } from "./pod-groups.ts";
import type { PodInfo } from "./pod-info.ts";
import { PortTable } from "./ports.ts";
import { RelatedObjects } from "./related.ts";
import { offerOf, ResourceTable } from "./resources.ts";
import { storageKinds, type ClaimObject } from "./storage-objects.ts";
import { TaintTable } from "./taints.ts";
import { Topology } from "./topology/topology.ts";

/** What of a node an update changed, as bits. */
export const nodeAspect = { allocatable: 1, labels: 2, taints: 4, unschedulable: 8, load: 16 } as const;

/** A pod on a node, or on its way there. */
export interface PlacedPod {
  info: PodInfo;
  readonly nodeName: string;
}

const LOG_SIZE = 1 << 16;

export class Cluster {
  readonly resources = new ResourceTable();
  readonly taints = new TaintTable();
  readonly ports = new PortTable();
  readonly loads = new LoadTable();
  readonly related = new RelatedObjects((kind, name, object) => {
    if (kind === "NodeMetrics") this.#measured(name, object);
    if (kind === "Namespace") this.topology.namespaceChanged(name, object?.metadata.labels);
  });
  readonly claimUsers = new ClaimUsers();
  readonly groups = new PodGroups();
  /** To be read; `nominate` and `unnominate` change it. */
  readonly nominations = new Nominations();
  readonly #labels = new LabelTable();
  readonly #images = new ImageTable();
  /** Rows in use are below this; some of them may be empty. */
  rows = 0;
  nodeCount = 0;
  /** Per row: 1 where there is a node. */
  present = new Uint8Array(0);
  unschedulable = new Uint8Array(0);
  layout = 0;
  /** How many changes of rows there have been. */
  sequence = 0;
  #isTentative = false;

  #room = 0;
  readonly #nodes: (NodeObject | undefined)[] = [];
  readonly topology = new Topology({
    nodes: this.#nodes,
    labelsOfNamespace: (name) => this.related.get("Namespace", "", name)?.metadata.labels,
  });
  readonly #podsOfRow: (Set<PlacedPod> | undefined)[] = [];
  readonly #rowOf = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #pods = new Map<string, PlacedPod>();
  readonly #podsOf = new Map<string, Set<PlacedPod>>();
  /** How many of the pods have which priority. */
  readonly #priorities = new Map<number, number>();
  readonly #log = new Int32Array(LOG_SIZE);

  get podCount(): number {
    return this.#pods.size;
  }

  /** Of all pods that were given a node; infinite without any. */
  get lowestPriority(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const priority of this.#priorities.keys()) if (priority < lowest) lowest = priority;
    return lowest;
  }

  rowOf(nodeName: string): number | undefined {
    return this.#rowOf.get(nodeName);
  }

  node(row: number): NodeObject | undefined {
    return this.#nodes[row];
  }

  nodeName(row: number): string {
    return this.#nodes[row]?.metadata.name ?? "";
  }

  podsOn(row: number): ReadonlySet<PlacedPod> {
    return this.#podsOfRow[row] ?? noPods;
  }

  pod(uid: string): PlacedPod | undefined {
    return this.#pods.get(uid);
  }

  labelColumn(key: string): LabelColumn | undefined {
    return this.#labels.column(key, this.#nodes);
  }

  imageColumn(image: string): ImageColumn | undefined {
    return this.#images.column(image, this.#nodes);
  }

  /** The row of change number `sequence`; undefined when the log no longer has it. */
  changedRow(sequence: number): number | undefined {
    if (sequence < this.sequence - LOG_SIZE || sequence >= this.sequence) return undefined;
    return this.#log[sequence % LOG_SIZE];
  }

  /** Adds a node or takes its new version; the row, whether it is new, and what changed. */
  setNode(node: NodeObject): { row: number; added: boolean; aspects: number } {
    const name = node.metadata.name ?? "";
    const known = this.#rowOf.get(name);
    const row = known ?? this.#newRow(name);
    const previous = this.#nodes[row];
    const isElsewhere = known === undefined || !isSamePlace(previous, node);
    if (isElsewhere && known !== undefined) this.#leavesTopology(row);
    this.#nodes[row] = node;
    const aspects = this.#readNode(row, node, previous);
    if (known === undefined) {
      this.#countPods(row, name);
      this.loads.set(row, this.related.get<NodeMetricsObject>("NodeMetrics", "", name), this.resources);
    }
    // What an image counts for depends on how many nodes there are, and how many of them have it.
    if (this.#images.set(row, node) || (known === undefined && this.#images.inUse)) this.layout++;
    if (isElsewhere) {
      this.topology.nodeIsThere(row, node, this.podsOn(row));
      this.topology.eachNeighbour(row, (other) => this.#changed(other));
    }
    if (this.#labels.compact(this.#nodes) || this.taints.compact(this.#nodes)) {
      this.layout++;
      this.topology.reset();
    }
    if (known === undefined || aspects !== 0) this.#changed(row);
    return { row, added: known === undefined, aspects };
  }

  /** The pods of the node stay known, and count again should a node of that name come back. */
  removeNode(name: string): void {
    const row = this.#rowOf.get(name);
    if (row === undefined) return;
    this.#leavesTopology(row);
    this.#rowOf.delete(name);
    this.#free.push(row);
    this.#nodes[row] = undefined;
    this.#podsOfRow[row] = undefined;
    this.present[row] = 0;
    this.unschedulable[row] = 0;
    this.resources.clearRow(row);
    this.ports.clear(row);
    this.#labels.set(row, undefined);
    this.taints.set(row, undefined);
    this.loads.set(row, undefined, this.resources);
    if (this.#images.set(row, undefined) || this.#images.inUse) this.layout++;
    this.nominations.clearRow(row);
    this.topology.nodeIsThere(row, undefined, noPods);
    this.nodeCount--;
    this.#changed(row);
  }

  /** The row that now counts the pod, or undefined while its node is not known. */
  addPod(info: PodInfo, nodeName: string): number | undefined {
    this.removePod(info.uid);
    const placed: PlacedPod = { info, nodeName };
    this.#pods.set(info.uid, placed);
    this.#countPriority(info.priority, 1);
    this.groups.add(info, 1);
    this.claimUsers.add(info);
    this.#tellOfClaims(info);
    let pods = this.#podsOf.get(nodeName);
    if (pods === undefined) this.#podsOf.set(nodeName, (pods = new Set()));
    pods.add(placed);
    const row = this.#rowOf.get(nodeName);
    if (row === undefined) return undefined;
    this.#podsOfRow[row] = pods;
    if (!this.resources.count(row, info, 1)) this.#recount(row);
    this.ports.add(row, info);
    this.#counted(info, row, 1);
    return row;
  }

  /** What was removed and the row that no longer counts it. */
  removePod(uid: string): { placed: PlacedPod; row: number | undefined } | undefined {
    const placed = this.#pods.get(uid);
    if (placed === undefined) return undefined;
    this.#pods.delete(uid);
    this.#countPriority(placed.info.priority, -1);
    this.groups.add(placed.info, -1);
    this.claimUsers.remove(placed.info);
    this.#tellOfClaims(placed.info);
    const pods = this.#podsOf.get(placed.nodeName);
    pods?.delete(placed);
    if (pods?.size === 0) this.#podsOf.delete(placed.nodeName);
    const row = this.#rowOf.get(placed.nodeName);
    if (row !== undefined) {
      if (!this.resources.count(row, placed.info, -1)) this.#recount(row);
      this.ports.remove(row, placed.info);
      this.#counted(placed.info, row, -1);
    }
    return { placed, row };
  }

  /** Room is being made for the pod on this node; whether the node is known. */
  nominate(info: PodInfo, nodeName: string): boolean {
    const row = this.#rowOf.get(nodeName);
    this.unnominate(info.uid);
    if (row === undefined) return false;
    this.nominations.add(info, row);
    this.#changed(row);
    return true;
  }

  unnominate(uid: string): void {
    const nomination = this.nominations.remove(uid);
    if (nomination !== undefined) this.#changed(nomination.row);
  }

  /**
   * For a look at what would be: `work` adds and removes pods and undoes all of that before it ends. Nobody else
   * learns of it, so it costs no evaluation anything.
   */
  tentatively<T>(work: () => T): T {
    const outer = this.#isTentative;
    this.#isTentative = true;
    try {
      return work();
    } finally {
      this.#isTentative = outer;
    }
  }

  #readNode(row: number, node: NodeObject, previous: NodeObject | undefined): number {
    const offer = offerOf(node);
    for (const name of this.resources.addColumnsFor(offer)) this.#countResource(name);
    let aspects = this.resources.offer(row, offer) ? nodeAspect.allocatable : 0;
    if (this.taints.set(row, node)) aspects |= nodeAspect.taints;
    const unschedulable = node.spec?.unschedulable === true ? 1 : 0;
    if (this.unschedulable[row] !== unschedulable) aspects |= nodeAspect.unschedulable;
    this.unschedulable[row] = unschedulable;
    if (!sameLabels(previous?.metadata.labels, node.metadata.labels)) {
      this.#labels.set(row, node);
      aspects |= nodeAspect.labels;
    }
    return aspects;
  }

  /** Counts a resource that pods may have asked for before any node offered it. */
  #countResource(name: string): void {
    this.layout++;
    const column = this.resources.column(name);
    if (column === undefined) return;
    for (const { info, nodeName } of this.#pods.values()) {
      const row = this.#rowOf.get(nodeName);
      if (row === undefined || this.#podsOfRow[row] === undefined) continue;
      for (const other of info.requests.others) {
        if (other.name === name) column.requested[row] = (column.requested[row] ?? 0) + other.amount;
      }
    }
  }

  #newRow(name: string): number {
    const row = this.#free.pop() ?? this.rows++;
    if (row >= this.#room) this.#grow(roomFor(row + 1, this.#room));
    this.#rowOf.set(name, row);
    this.#podsOfRow[row] = undefined;
    this.present[row] = 1;
    this.nodeCount++;
    return row;
  }

  #grow(room: number): void {
    this.#room = room;
    this.present = grownBytes(this.present, room);
    this.unschedulable = grownBytes(this.unschedulable, room);
    this.resources.grow(room);
    this.#labels.grow(room);
    this.taints.grow(room);
    this.#images.grow(room);
    this.loads.grow(room);
  }

  #countPods(row: number, name: string): void {
    this.#podsOfRow[row] = this.#podsOf.get(name);
    for (const { info } of this.podsOn(row)) {
      this.resources.count(row, info, 1);
      this.ports.add(row, info);
    }
  }

  #leavesTopology(row: number): void {
    this.topology.eachNeighbour(row, (other) => this.#changed(other));
    this.topology.nodeLeaves(row, this.podsOn(row));
  }

  /** A pod came to the row, or went. */
  #counted(info: PodInfo, row: number, by: 1 | -1): void {
    const concernsOthers = this.topology.count(info, row, by);
    this.#changed(row);
    if (concernsOthers) this.topology.eachNeighbour(row, (other) => this.#changed(other));
  }

  #measured(nodeName: string, metrics: NodeMetricsObject | undefined): void {
    const row = this.#rowOf.get(nodeName);
    if (row === undefined) return;
    this.loads.set(row, metrics, this.resources);
    this.#changed(row);
  }

  /** Counts the row afresh, for sums that were once too large to be exact. */
  #recount(row: number): void {
    this.resources.clearRequests(row);
    for (const { info } of this.podsOn(row)) this.resources.count(row, info, 1);
  }

  #countPriority(priority: number, by: 1 | -1): void {
    const count = (this.#priorities.get(priority) ?? 0) + by;
    if (count === 0) this.#priorities.delete(priority);
    else this.#priorities.set(priority, count);
  }

  /** A claim that one pod alone may use was taken or left: pods that want it are judged anew. */
  #tellOfClaims(info: PodInfo): void {
    if (this.#isTentative || info.object.spec.volumes === undefined) return;
    const isExclusive = claimKeysOf(info).some((key) => {
      const slash = key.indexOf("/");
      const claim = this.related.get<ClaimObject>(
        storageKinds.claim,
        key.slice(0, slash),
        key.slice(slash + 1),
      );
      return claim?.spec.accessModes?.includes("ReadWriteOncePod") === true;
    });
    if (isExclusive) this.related.touch(storageKinds.claim);
  }

  #changed(row: number): void {
    if (this.#isTentative) return;
    this.#log[this.sequence % LOG_SIZE] = row;
    this.sequence++;
  }
}

const noPods: ReadonlySet<PlacedPod> = new Set();

type Labels = Readonly<Record<string, string>> | undefined;

/** Whether both have the same labels and taints, which say where a pod is and which nodes count. */
function isSamePlace(before: NodeObject | undefined, after: NodeObject): boolean {
  if (!sameLabels(before?.metadata.labels, after.metadata.labels)) return false;
  const [a, b] = [before?.spec?.taints, after.spec?.taints];
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function sameLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  const keys = Object.keys(a ?? {});
  return keys.length === Object.keys(b ?? {}).length && keys.every((key) => a?.[key] === b?.[key]);
}
