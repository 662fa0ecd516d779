/** What a rule is and what it sees: everything that there is, as lists of objects. */

import type {
  CsiNode,
  DisruptionBudget,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PlainOwner,
  Pod,
  SelectingOwner,
  StorageClass,
} from "./objects.ts";

export interface Placement {
  readonly pod: Pod;
  readonly nodeName: string;
}

/** By kind. */
export interface RelatedLists {
  readonly Namespace: readonly Namespace[];
  readonly Service: readonly PlainOwner[];
  readonly ReplicationController: readonly PlainOwner[];
  readonly ReplicaSet: readonly SelectingOwner[];
  readonly StatefulSet: readonly SelectingOwner[];
  readonly PersistentVolume: readonly PersistentVolume[];
  readonly PersistentVolumeClaim: readonly PersistentVolumeClaim[];
  readonly StorageClass: readonly StorageClass[];
  readonly CSINode: readonly CsiNode[];
  readonly PodDisruptionBudget: readonly DisruptionBudget[];
}

export interface World {
  readonly nodes: readonly Node[];
  readonly placements: readonly Placement[];
  readonly related: RelatedLists;
}

export const nothingRelated: RelatedLists = {
  Namespace: [],
  Service: [],
  ReplicationController: [],
  ReplicaSet: [],
  StatefulSet: [],
  PersistentVolume: [],
  PersistentVolumeClaim: [],
  StorageClass: [],
  CSINode: [],
  PodDisruptionBudget: [],
};

/** Of the nodes that fit, in their order. */
export interface RuleScores {
  readonly raw: readonly number[];
  /** From 0 to what is best under the kind of configuration: 100, or 10 under an OpenShift v3 Policy. */
  readonly normalized: readonly number[];
}

export interface Rule {
  /** Of the plugin that implements it. */
  readonly name: string;
  /** Why no node will do, whatever it looks like. */
  readonly refuses?: (pod: Pod, world: World) => string | undefined;
  /** Why the node does not take the pod, in the words of kube-scheduler; empty when it does. */
  readonly filter?: (pod: Pod, node: Node, world: World) => readonly string[];
  /** Undefined when the rule has nothing to say about the pod. */
  readonly score?: (pod: Pod, fitting: readonly Node[], world: World) => RuleScores | undefined;
}

export function podsOn(node: Node, world: World): readonly Pod[] {
  return world.placements.filter(({ nodeName }) => nodeName === node.metadata.name).map(({ pod }) => pod);
}

/** With its node, of the pods whose node is there. */
export function placedPods(world: World): readonly { readonly pod: Pod; readonly node: Node }[] {
  return world.nodes.flatMap((node) => podsOn(node, world).map((pod) => ({ pod, node })));
}

/** A score that needs no other node to be known. */
export function absolute(raw: readonly number[]): RuleScores {
  return { raw, normalized: raw };
}

/** The best node gets 100 and the others their share, rounded down. */
export function shareOfBest(raw: readonly number[]): RuleScores {
  const most = Math.max(0, ...raw);
  return { raw, normalized: raw.map((score) => (most === 0 ? 0 : Math.floor((100 * score) / most))) };
}

export function namespaceOf(pod: Pod): string {
  return pod.metadata.namespace ?? "";
}
