/** What a replica set does about its pods, and what it says of itself. Pure; `controller.ts` carries it out. */

import type { ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Condition } from "../../../model/meta.ts";
import { withCondition, withoutCondition } from "../shared/conditions.ts";
import { availableInMs, isActive, isReady, soonest } from "../shared/pods.ts";
import { podsToDelete } from "./ranking.ts";

type ReplicaSetStatus = NonNullable<ReplicaSet["status"]>;

export interface ReplicaSetWorld {
  readonly set: ReplicaSet;
  /** The pods that the set controls, ended ones and those on their way out included. */
  readonly pods: readonly Pod[];
  /** Active pods of all sets of the same workload. */
  readonly related: readonly Pod[];
  readonly nowMs: number;
}

export interface PodChanges {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** The most pods that one step makes or removes; the rest follows in the next step. */
const burst = 500;

export function decidePods({ set, pods, related, nowMs }: ReplicaSetWorld): PodChanges {
  if (set.metadata.deletionTimestamp !== undefined) return { create: 0, remove: [] };
  const active = pods.filter(isActive);
  const missing = (set.spec.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, burst), remove: [] };
  return { create: 0, remove: podsToDelete(active, related, Math.min(-missing, burst), nowMs) };
}

export interface ReplicaSetFailure {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

export interface ReplicaSetReport {
  readonly status: ReplicaSetStatus;
  /** When the next pod becomes available by having been ready for long enough. */
  readonly recheckInMs: number | undefined;
}

/** `failure`: what went wrong in this step; "unknown" when nothing was tried, so that the condition stays. */
export function decideStatus(
  { set, pods, nowMs }: ReplicaSetWorld,
  failure: ReplicaSetFailure | "unknown" | undefined,
): ReplicaSetReport {
  const active = pods.filter(isActive);
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const waits = active.map((pod) => availableInMs(pod, minReadySeconds, nowMs));
  const wantedLabels = Object.entries(set.spec.template?.metadata?.labels ?? {});
  const conditions = withFailure(set.status?.conditions ?? [], failure, nowMs);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) =>
      wantedLabels.every(([key, value]) => pod.metadata.labels?.[key] === value),
    ).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions: [...conditions] }),
  };
  return { status, recheckInMs: soonest(waits.filter((wait) => wait !== undefined && wait > 0)) };
}

function withFailure(
  conditions: readonly Condition[],
  failure: ReplicaSetFailure | "unknown" | undefined,
  nowMs: number,
): readonly Condition[] {
  if (failure === "unknown") return conditions;
  if (failure === undefined) return withoutCondition(conditions, "ReplicaFailure");
  const nowIso = new Date(nowMs).toISOString();
  return withCondition(conditions, { type: "ReplicaFailure", status: "True", ...failure }, nowIso);
}
