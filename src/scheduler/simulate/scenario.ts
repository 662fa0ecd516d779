/** What is to be tried: nodes come and go, pods come. Applied to a world it says which pods need a place. */

import { newNode } from "../explain/suggest/grow.ts";
import { ownerOf } from "../explain/suggest/owner.ts";
import type { NodeObject, PodObject, QuantityMap } from "../snapshot/objects.ts";
import { isFinished } from "../snapshot/pod-info.ts";
import { isWaiting, nodeOf, type World } from "./world.ts";

export const maxAdded = 100_000;

export interface AddedNodes {
  readonly count: number;
  /** The node that they are like; an empty one when absent. */
  readonly like?: NodeObject | undefined;
  readonly allocatable?: QuantityMap | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface Scenario {
  readonly addNodes?: AddedNodes | undefined;
  readonly removeNodes?: readonly string[] | undefined;
  /** Cordoned, and their pods go elsewhere. */
  readonly drain?: readonly string[] | undefined;
  readonly addPods?: readonly PodObject[] | undefined;
  /** All pods are placed anew, as if the cluster were empty. */
  readonly rescheduleAll?: boolean | undefined;
}

export interface Unplaced {
  readonly pod: PodObject;
  /** Where it was. */
  readonly from?: string | undefined;
  readonly cause: "added" | "waiting" | "moved";
}

export interface Prepared {
  /** With the pods that stay where they are. */
  readonly world: World;
  readonly unplaced: readonly Unplaced[];
  /** Pods that would not come back: nobody makes them anew. */
  readonly lost: readonly Unplaced[];
}

export function prepare(world: World, scenario: Scenario): Prepared {
  const { removeNodes = [], drain = [], addPods = [], rescheduleAll = false } = scenario;
  const names = new Set(world.nodes.map(({ metadata }) => metadata.name));
  for (const name of [...removeNodes, ...drain]) {
    if (!names.has(name)) throw new Error(`cannot simulate: there is no node ${name}`);
  }
  const removed = new Set(removeNodes);
  const drained = new Set(drain);
  const nodes = world.nodes
    .filter(({ metadata }) => !removed.has(metadata.name ?? ""))
    .map((node) => (drained.has(node.metadata.name ?? "") ? cordoned(node) : node));
  nodes.push(...addedNodes(scenario.addNodes, names));
  const staying: PodObject[] = [];
  const unplaced: Unplaced[] = [];
  const lost: Unplaced[] = [];
  for (const pod of world.pods) {
    const from = nodeOf(pod);
    if (from === undefined) {
      if (isWaiting(pod)) unplaced.push({ pod, cause: "waiting" });
      continue;
    }
    if (isFinished(pod)) continue;
    const leaves = removed.has(from) || (!isTied(pod) && (drained.has(from) || rescheduleAll));
    if (!leaves) staying.push(pod);
    else if (removed.has(from) && isTied(pod)) continue;
    else if (removed.has(from) && ownerOf(pod) === undefined) lost.push({ pod, from, cause: "moved" });
    else unplaced.push({ pod: withoutNode(pod), from, cause: "moved" });
  }
  for (const pod of addPods) unplaced.push({ pod: withoutNode(pod), cause: "added" });
  return { world: { ...world, nodes, pods: staying }, unplaced: unplaced.toSorted(inOrder), lost };
}

/** Belongs to its node: a DaemonSet's pod or a static one. */
function isTied(pod: PodObject): boolean {
  const kind = ownerOf(pod)?.kind;
  return kind === "DaemonSet" || kind === "Node";
}

function cordoned(node: NodeObject): NodeObject {
  return { ...node, spec: { ...node.spec, unschedulable: true } };
}

export function withoutNode(pod: PodObject): PodObject {
  const { nodeName: _node, ...spec } = pod.spec;
  return { ...pod, spec };
}

/** As the scheduler's queue has them: by priority, then by age. */
function inOrder(a: Unplaced, b: Unplaced): number {
  const priority = (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0);
  if (priority !== 0) return priority;
  const [left = "", right = ""] = [a.pod.metadata.creationTimestamp, b.pod.metadata.creationTimestamp];
  if (left === right) return 0;
  // What is only added now is the youngest.
  if (left === "" || right === "") return left === "" ? 1 : -1;
  return left < right ? -1 : 1;
}

function addedNodes(added: AddedNodes | undefined, names: ReadonlySet<string | undefined>): NodeObject[] {
  if (added === undefined) return [];
  if (!Number.isInteger(added.count) || added.count < 0 || added.count > maxAdded) {
    throw new Error(`cannot simulate: ${added.count} nodes to add, allowed 0 to ${maxAdded}`);
  }
  const nodes: NodeObject[] = [];
  for (let number = 1; nodes.length < added.count; number++) {
    const name = `new-${number}`;
    if (!names.has(name)) nodes.push(addedNode(added, name));
  }
  return nodes;
}

const emptyNode: NodeObject = {
  metadata: { labels: { "kubernetes.io/hostname": "" } },
  status: { allocatable: { cpu: "4", memory: "16Gi", pods: "110" } },
};

function addedNode({ like = emptyNode, allocatable, labels }: AddedNodes, name: string): NodeObject {
  const node = newNode(like, name);
  const offered = { ...(like.status?.allocatable ?? like.status?.capacity), ...allocatable };
  return {
    ...node,
    metadata: { ...node.metadata, labels: { ...node.metadata.labels, ...labels } },
    status: { ...node.status, allocatable: offered },
  };
}
