/** Nodes, pods and what else plugins look at, as plain objects: of a live cluster or of a file. */

import { Cluster } from "../snapshot/cluster.ts";
import type { MetaObject, NodeObject, PodObject } from "../snapshot/objects.ts";
import { isFinished, readPod } from "../snapshot/pod-info.ts";

export interface RelatedItem {
  readonly kind: string;
  readonly object: { readonly metadata: MetaObject };
}

export interface World {
  readonly nodes: readonly NodeObject[];
  readonly pods: readonly PodObject[];
  readonly related: readonly RelatedItem[];
}

/** The other kinds that plugins may ask for. */
export const relatedKinds = [
  "Namespace",
  "Service",
  "ReplicationController",
  "ReplicaSet",
  "StatefulSet",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "StorageClass",
  "CSINode",
  "PodDisruptionBudget",
  "PriorityClass",
  "PodGroup",
  "NodeMetrics",
] as const;

const MAX_OBJECTS = 500_000;

interface AnyObject {
  readonly kind?: string | undefined;
  readonly metadata: MetaObject;
}

/** Sorts the objects of a list such as `kubectl get nodes,pods -A -o yaml` prints; kinds that do not matter are left out. */
export function worldOf(objects: readonly AnyObject[]): World {
  if (objects.length > MAX_OBJECTS) {
    throw new Error(`cannot simulate: ${objects.length} objects, allowed ${MAX_OBJECTS}`);
  }
  const of = (kind: string): readonly AnyObject[] => objects.filter((object) => object.kind === kind);
  return {
    nodes: of("Node"),
    pods: of("Pod").map(podFrom),
    related: relatedKinds.flatMap((kind) => of(kind).map((object) => ({ kind, object }))),
  };
}

function podFrom(object: AnyObject): PodObject {
  const spec = (object as Partial<PodObject>).spec;
  if (!Array.isArray(spec?.containers)) {
    throw new Error(`cannot simulate: pod ${object.metadata.name ?? "?"} has no spec.containers`);
  }
  return { ...(object as PodObject), metadata: { namespace: "default", ...object.metadata } };
}

export function nodeOf(pod: PodObject): string | undefined {
  const { nodeName } = pod.spec;
  return nodeName === undefined || nodeName === "" ? undefined : nodeName;
}

/** Everything in its place; pods without a node and finished ones are left out. */
export function clusterOf({ nodes, pods, related }: World): Cluster {
  const cluster = new Cluster();
  for (const { kind, object } of related) cluster.related.set(kind, object);
  for (const node of nodes) cluster.setNode(node);
  for (const pod of pods) {
    const nodeName = nodeOf(pod);
    if (nodeName !== undefined && !isFinished(pod)) cluster.addPod(readPod(pod), nodeName);
  }
  return cluster;
}

/** Waits for a node, as far as this is the scheduler's affair. */
export function isWaiting(pod: PodObject): boolean {
  return (
    nodeOf(pod) === undefined &&
    !isFinished(pod) &&
    pod.metadata.deletionTimestamp === undefined &&
    (pod.spec.schedulingGates ?? []).length === 0
  );
}
