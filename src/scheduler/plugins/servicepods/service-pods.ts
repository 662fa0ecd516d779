/**
 * The pods that belong together, because the same service or controller chooses them, counted by node. Counts are
 * kept between decisions: only rows that changed are counted again.
 */

import {
  matches,
  selectorFromLabels,
  selectorFromLabelSelector,
  type Selector,
} from "../../../model/labels.ts";
import type { LabelSelector } from "../../../model/label-selector.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import { grownInts, roomFor } from "../../snapshot/columns.ts";
import type { NodeObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { RelatedObject } from "../../snapshot/related.ts";

const MAX_GROUPS = 64;

interface ServiceObject extends RelatedObject {
  readonly spec?: { readonly selector?: Readonly<Record<string, string>> | undefined } | undefined;
}

interface ControllerObject extends RelatedObject {
  readonly spec?: { readonly selector?: unknown } | undefined;
}

/** Kinds whose selector is a plain map of labels, and those where it is an object. */
const plainKinds: readonly string[] = ["Service", "ReplicationController"];

/** Selectors of the objects of these kinds that choose the pod, in the order of kinds and names. */
export function selectorsOf(
  { namespace, object }: PodInfo,
  { related }: Cluster,
  kinds: readonly string[],
): readonly Selector[] {
  const { labels } = object.metadata;
  return kinds.flatMap((kind) =>
    related
      .list<ServiceObject | ControllerObject>(kind, namespace)
      .toSorted((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))
      .map(({ spec }) => readSelector(kind, spec?.selector))
      .filter((selector) => selector.length > 0 && matches(selector, labels)),
  );
}

function readSelector(kind: string, selector: unknown): Selector {
  if (selector === undefined) return [];
  return plainKinds.includes(kind)
    ? selectorFromLabels(selector as Readonly<Record<string, string>>)
    : selectorFromLabelSelector(selector as LabelSelector);
}

/** What a node has of a group. */
interface Share {
  readonly node: NodeObject | undefined;
  /** The oldest of its pods. */
  readonly first: PodInfo;
}

/** The pods of one namespace that one of the selectors chooses. */
export class PodGroup {
  /** Per row. */
  counts = new Int32Array(0);
  /** Moves when a count, the oldest pod of a node, or a node that has some of the pods changed. */
  version: number;
  readonly #shares = new Map<number, Share>();
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #selectors: readonly Selector[];
  readonly #nextVersion: () => number;
  /** Changes of the cluster up to here are taken in. */
  #sequence = -1;

  constructor(
    cluster: Cluster,
    pods: { readonly namespace: string; readonly selectors: readonly Selector[] },
    nextVersion: () => number,
  ) {
    this.#cluster = cluster;
    this.#namespace = pods.namespace;
    this.#selectors = pods.selectors;
    this.#nextVersion = nextVersion;
    this.version = nextVersion();
  }

  /** The oldest of the pods that have a node, and its node. */
  get first(): { readonly pod: PodInfo; readonly node: NodeObject | undefined } | undefined {
    let first: Share | undefined;
    for (const share of this.#shares.values()) {
      if (first === undefined || isBefore(share.first, first.first)) first = share;
    }
    return first && { pod: first.first, node: first.node };
  }

  /** Counts again what changed since the last time. */
  refresh(): this {
    const { sequence, rows } = this.#cluster;
    if (sequence === this.#sequence) return this;
    if (rows > this.counts.length) this.counts = grownInts(this.counts, roomFor(rows, this.counts.length));
    if (!this.#catchUp()) for (let row = 0; row < rows; row++) this.#count(row);
    this.#sequence = sequence;
    return this;
  }

  #catchUp(): boolean {
    const { sequence, rows } = this.#cluster;
    if (this.#sequence < 0 || sequence - this.#sequence > rows) return false;
    for (let change = this.#sequence; change < sequence; change++) {
      const row = this.#cluster.changedRow(change);
      if (row === undefined) return false;
      this.#count(row);
    }
    return true;
  }

  #count(row: number): void {
    let count = 0;
    let first: PodInfo | undefined;
    if (this.#cluster.present[row] === 1) {
      for (const { info } of this.#cluster.podsOn(row)) {
        if (!this.#has(info)) continue;
        count++;
        if (first === undefined || isBefore(info, first)) first = info;
      }
    }
    const share = this.#shares.get(row);
    const node = this.#cluster.node(row);
    const isSame = share?.first.uid === first?.uid && (first === undefined || share?.node === node);
    if (this.counts[row] === count && isSame) return;
    this.counts[row] = count;
    if (first === undefined) this.#shares.delete(row);
    else this.#shares.set(row, { node, first });
    this.version = this.#nextVersion();
  }

  #has({ namespace, object }: PodInfo): boolean {
    if (namespace !== this.#namespace || object.metadata.deletionTimestamp !== undefined) return false;
    return this.#selectors.some((selector) => matches(selector, object.metadata.labels));
  }
}

function isBefore(a: PodInfo, b: PodInfo): boolean {
  const made = a.object.metadata.creationTimestamp ?? "";
  const other = b.object.metadata.creationTimestamp ?? "";
  return made === other ? a.key < b.key : made < other;
}

/** The groups of one plugin, by cluster; those that were not used for longest go first. */
export class PodGroups {
  readonly #kinds: readonly string[];
  readonly #firstOnly: boolean;
  #lastVersion = 0;
  readonly #ofCluster = new WeakMap<Cluster, { groups: Map<string, PodGroup>; related: number }>();

  /** With `firstOnly`, only the first object that chooses the pod says which pods belong to it. */
  constructor(kinds: readonly string[], firstOnly: boolean) {
    this.#kinds = kinds;
    this.#firstOnly = firstOnly;
  }

  /** All that they depend on of a pod. */
  static keyOf({ namespace, object }: PodInfo): string {
    const { labels } = object.metadata;
    return labels === undefined ? "" : JSON.stringify([namespace, labels]);
  }

  /** The pods that belong to this one, as of now; undefined when nothing chooses the pod. */
  of(pod: PodInfo, cluster: Cluster): PodGroup | undefined {
    const key = PodGroups.keyOf(pod);
    if (key === "") return undefined;
    const groups = this.#groupsOf(cluster);
    const known = groups.get(key);
    if (known !== undefined) return known.refresh();
    const selectors = selectorsOf(pod, cluster, this.#kinds);
    const chosen = this.#firstOnly ? selectors.slice(0, 1) : selectors;
    const pods = { namespace: pod.namespace, selectors: chosen };
    const group = new PodGroup(cluster, pods, () => ++this.#lastVersion);
    for (const oldest of groups.keys()) {
      if (groups.size < MAX_GROUPS) break;
      groups.delete(oldest);
    }
    groups.set(key, group);
    return group.refresh();
  }

  /** Which objects choose a pod is found out anew when one of them changed. */
  #groupsOf(cluster: Cluster): Map<string, PodGroup> {
    const related = this.#kinds.reduce((sum, kind) => sum + cluster.related.version(kind), 0);
    const known = this.#ofCluster.get(cluster);
    if (known?.related === related) return known.groups;
    const groups = new Map<string, PodGroup>();
    this.#ofCluster.set(cluster, { groups, related });
    return groups;
  }
}
