/** How large each replica set of a deployment shall be now. */

import type { Deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import type { ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerOf } from "../../../model/meta.ts";
import { hasEnded } from "../shared/pods.ts";
import { desiredReplicasAnnotation, maxReplicasAnnotation, numberIn, revisionOf } from "./annotations.ts";
import {
  newSetReplicas,
  oldestFirst,
  oldSetReplicas,
  proportionalReplicas,
  resolveLimits,
  sum,
  type RollingLimits,
  type SetSize,
} from "./rolling.ts";
import { ageOf } from "./template.ts";

export interface DeploymentWorld {
  readonly deployment: Deployment;
  /** The sets that the deployment controls. */
  readonly sets: readonly ReplicaSet[];
  /** The pods of these sets; looked at only to recreate. */
  readonly pods: readonly Pod[];
  readonly nowMs: number;
}

export interface Sets {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: readonly ReplicaSet[];
}

export interface Sizes {
  /** Size with which the new set is made; undefined: it is not made now. */
  readonly create: number | undefined;
  /** Of present sets, by name; a set that is not named keeps its size. */
  readonly bySet: ReadonlyMap<string, number>;
}

const defaultSurge = "25%";
const nothing: Sizes = { create: undefined, bySet: new Map() };

export function limitsOf(deployment: Deployment): RollingLimits {
  const { replicas = 1, strategy } = deployment.spec;
  if (strategy?.type === "Recreate") return { replicas, maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = defaultSurge, maxUnavailable = defaultSurge } = strategy?.rollingUpdate ?? {};
  return resolveLimits(replicas, maxSurge, maxUnavailable);
}

export function decideSizes(world: DeploymentWorld, sets: Sets): Sizes {
  if (world.deployment.spec.paused === true || wasScaled(world.deployment, sets))
    return scaleSizes(world, sets);
  return world.deployment.spec.strategy?.type === "Recreate"
    ? recreateSizes(world, sets)
    : rollingSizes(world, sets);
}

/** Whether `replicas` changed since the sets were last sized: then they grow together before a rollout goes on. */
function wasScaled(deployment: Deployment, { newSet, oldSets }: Sets): boolean {
  return [...oldSets, ...(newSet ? [newSet] : [])].some((set) => {
    const desired = numberIn(set.metadata.annotations, desiredReplicasAnnotation);
    return sizeOf(set) > 0 && desired !== undefined && desired !== (deployment.spec.replicas ?? 1);
  });
}

function scaleSizes({ deployment }: DeploymentWorld, { newSet, oldSets }: Sets): Sizes {
  const limits = limitsOf(deployment);
  const all = [...oldSets, ...(newSet ? [newSet] : [])];
  const active = all.filter((set) => sizeOf(set) > 0);
  const only = active.length <= 1 ? (active[0] ?? newSet ?? latest(oldSets)) : undefined;
  if (only !== undefined) return { create: undefined, bySet: new Map([[nameOf(only), limits.replicas]]) };
  if (newSet !== undefined && isSaturated(newSet, limits.replicas)) {
    return { create: undefined, bySet: new Map(oldSets.map((set) => [nameOf(set), 0])) };
  }
  if (deployment.spec.strategy?.type === "Recreate") return nothing;
  return { create: undefined, bySet: proportionalReplicas(limits, all.map(asSize)) };
}

function recreateSizes(world: DeploymentWorld, { newSet, oldSets }: Sets): Sizes {
  if (oldSets.some((set) => sizeOf(set) > 0)) {
    return { create: undefined, bySet: new Map(oldSets.map((set) => [nameOf(set), 0])) };
  }
  const { replicas } = limitsOf(world.deployment);
  if (newSet !== undefined && sizeOf(newSet) === replicas) return nothing;
  const oldRuns = world.pods.some((pod) => !hasEnded(pod) && controllerOf(pod)?.uid !== newSet?.metadata.uid);
  if (oldRuns) return nothing;
  if (newSet === undefined) return { create: replicas, bySet: new Map() };
  return { create: undefined, bySet: new Map([[nameOf(newSet), replicas]]) };
}

function rollingSizes({ deployment }: DeploymentWorld, { newSet, oldSets }: Sets): Sizes {
  const limits = limitsOf(deployment);
  const current = newSet === undefined ? 0 : sizeOf(newSet);
  const total = current + sum(oldSets.map(sizeOf));
  const next = newSetReplicas(limits, current, total);
  const grown: SetSize = {
    name: newSet === undefined ? "" : nameOf(newSet),
    createdAt: "",
    replicas: next,
    available: newSet?.status?.availableReplicas ?? 0,
  };
  const bySet = new Map(oldSetReplicas(limits, grown, oldSets.map(asSize)));
  if (newSet === undefined) return { create: next, bySet };
  if (next !== current) bySet.set(nameOf(newSet), next);
  return { create: undefined, bySet };
}

/** Whether the new set is all that the deployment wants, and up. */
function isSaturated(newSet: ReplicaSet, replicas: number): boolean {
  const desired = numberIn(newSet.metadata.annotations, desiredReplicasAnnotation);
  return sizeOf(newSet) === replicas && desired === replicas && newSet.status?.availableReplicas === replicas;
}

function latest(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted((a, b) => oldestFirst(ageOf(b), ageOf(a)))[0];
}

function asSize(set: ReplicaSet): SetSize {
  return {
    name: nameOf(set),
    replicas: sizeOf(set),
    available: set.status?.availableReplicas ?? 0,
    createdAt: set.metadata.creationTimestamp ?? "",
    revision: revisionOf(set),
    maxReplicas: numberIn(set.metadata.annotations, maxReplicasAnnotation),
  };
}

export function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function nameOf(set: ReplicaSet): string {
  return set.metadata.name ?? "";
}
