/** What a deployment says of itself: counts, and the conditions that `kubectl rollout status` waits for. */

import type { Deployment, DeploymentStatus } from "../../../model/kinds/apps/deployment/deployment.ts";
import type { ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import type { Condition } from "../../../model/meta.ts";
import { findCondition, withCondition, withoutCondition, type NewCondition } from "../shared/conditions.ts";
import { timeMs } from "../shared/pods.ts";
import { sum } from "./rolling.ts";
import { limitsOf, nameOf, type Sets } from "./sizes.ts";

/** A deadline this long means that there is none. */
const noDeadlineSeconds = 2_147_483_647;

export interface StatusInput {
  readonly deployment: Deployment;
  readonly sets: Sets;
  /** What was just done about the new set, if anything. */
  readonly newSetEvent: "created" | "found" | undefined;
  readonly newSetName: string;
  readonly nowMs: number;
}

export interface StatusOutcome {
  readonly status: DeploymentStatus;
  /** When the progress deadline falls due, should nothing happen before. */
  readonly recheckInMs: number | undefined;
}

export function decideStatus(input: StatusInput): StatusOutcome {
  const { deployment, sets, nowMs } = input;
  const counts = countsOf(deployment, sets);
  const nowIso = new Date(nowMs).toISOString();
  let conditions: readonly Condition[] = deployment.status?.conditions ?? [];
  conditions = withCondition(conditions, availability(deployment, counts), nowIso);
  conditions = withFailure(conditions, sets, nowIso);
  const progressed = withProgress(conditions, input, counts);
  const status: DeploymentStatus = {
    ...counts,
    ...(deployment.status?.collisionCount === undefined
      ? {}
      : { collisionCount: deployment.status.collisionCount }),
    conditions: [...progressed],
  };
  return { status, recheckInMs: recheckInMs(deployment, progressed, nowMs) };
}

function countsOf(deployment: Deployment, { newSet, oldSets }: Sets): Counts {
  const all = [...oldSets, ...(newSet ? [newSet] : [])];
  const count = (field: "replicas" | "readyReplicas" | "availableReplicas" | "terminatingReplicas"): number =>
    sum(all.map((set) => set.status?.[field] ?? 0));
  const replicas = count("replicas");
  const availableReplicas = count("availableReplicas");
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas,
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: count("readyReplicas"),
    availableReplicas,
    unavailableReplicas: Math.max(0, replicas - availableReplicas),
    terminatingReplicas: count("terminatingReplicas"),
  };
}
type Counts = Required<Omit<DeploymentStatus, "conditions" | "collisionCount">> & {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
};

function availability(deployment: Deployment, counts: Counts): NewCondition {
  const { replicas, maxUnavailable } = limitsOf(deployment);
  const enough = counts.availableReplicas >= replicas - maxUnavailable;
  return enough
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

/** A set that cannot make its pods says so on the deployment too. */
function withFailure(
  conditions: readonly Condition[],
  { newSet, oldSets }: Sets,
  nowIso: string,
): readonly Condition[] {
  const failure = [...(newSet ? [newSet] : []), ...oldSets]
    .map((set) => findCondition(set.status?.conditions, "ReplicaFailure"))
    .find((condition) => condition?.status === "True");
  if (failure === undefined) return withoutCondition(conditions, "ReplicaFailure");
  const { reason = "", message = "" } = failure;
  return withCondition(conditions, { type: "ReplicaFailure", status: "True", reason, message }, nowIso);
}

export function isComplete(deployment: Deployment, counts: DeploymentStatus): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted
  );
}

function withProgress(
  conditions: readonly Condition[],
  input: StatusInput,
  counts: Counts,
): readonly Condition[] {
  const { deployment, nowMs } = input;
  if (deadlineSeconds(deployment) === undefined) return withoutCondition(conditions, "Progressing");
  const present = findCondition(conditions, "Progressing");
  const next = progressing(input, counts, present);
  if (next === undefined) return conditions;
  const nowIso = new Date(nowMs).toISOString();
  const sameStatus = present?.status === next.status;
  const written: Condition = {
    ...next,
    lastUpdateTime: nowIso,
    lastTransitionTime: sameStatus ? (present.lastTransitionTime ?? nowIso) : nowIso,
  };
  return [...conditions.filter((condition) => condition !== present), written];
}

/** The Progressing condition if it has to be written anew: its update time is what the deadline counts from. */
function progressing(
  input: StatusInput,
  counts: Counts,
  present: Condition | undefined,
): NewCondition | undefined {
  const { deployment, newSetName, newSetEvent } = input;
  const state = (
    status: NewCondition["status"],
    reason: string,
    message: string,
  ): NewCondition | undefined => {
    const same = present?.status === status && present.reason === reason && present.message === message;
    return same && reason !== "ReplicaSetUpdated"
      ? undefined
      : { type: "Progressing", status, reason, message };
  };
  if (deployment.spec.paused === true) {
    if (present?.reason === "ProgressDeadlineExceeded") return undefined;
    return state("Unknown", "DeploymentPaused", "Deployment is paused");
  }
  if (present?.reason === "DeploymentPaused") {
    return state("Unknown", "DeploymentResumed", "Deployment is resumed");
  }
  if (newSetEvent === "created") {
    return state("True", "NewReplicaSetCreated", `Created new replica set "${newSetName}"`);
  }
  if (newSetEvent === "found") {
    return state("True", "FoundNewReplicaSet", `Found new replica set "${newSetName}"`);
  }
  // A finished rollout stays finished while its own pods come and go.
  if (present?.reason === "NewReplicaSetAvailable" && counts.replicas === counts.updatedReplicas)
    return undefined;
  if (isComplete(deployment, counts)) {
    const message = `ReplicaSet "${newSetName}" has successfully progressed.`;
    return state("True", "NewReplicaSetAvailable", message);
  }
  if (hasProgressed(deployment.status, counts)) {
    return state("True", "ReplicaSetUpdated", `ReplicaSet "${newSetName}" is progressing.`);
  }
  if (isPastDeadline(input, present)) {
    const message = `ReplicaSet "${newSetName}" has timed out progressing.`;
    return state("False", "ProgressDeadlineExceeded", message);
  }
  return undefined;
}

function hasProgressed(before: DeploymentStatus | undefined, now: Counts): boolean {
  const { updatedReplicas = 0, replicas = 0, readyReplicas = 0, availableReplicas = 0 } = before ?? {};
  return (
    now.updatedReplicas > updatedReplicas ||
    now.replicas - now.updatedReplicas < replicas - updatedReplicas ||
    now.readyReplicas > readyReplicas ||
    now.availableReplicas > availableReplicas
  );
}

/** A rollout that has finished cannot time out any more, whatever happens to its pods. */
function isPastDeadline({ deployment, nowMs }: StatusInput, present: Condition | undefined): boolean {
  const waitMs = deadlineInMs(deployment, present, nowMs);
  return waitMs !== undefined && waitMs <= 0;
}

function deadlineInMs(
  deployment: Deployment,
  present: Condition | undefined,
  nowMs: number,
): number | undefined {
  const seconds = deadlineSeconds(deployment);
  if (seconds === undefined || deployment.spec.paused === true || present === undefined) return undefined;
  if (present.reason === "NewReplicaSetAvailable" || present.reason === "ProgressDeadlineExceeded") {
    return undefined;
  }
  const sinceMs = timeMs(present.lastUpdateTime) ?? timeMs(present.lastTransitionTime) ?? nowMs;
  return sinceMs + seconds * 1000 - nowMs;
}

function recheckInMs(
  deployment: Deployment,
  conditions: readonly Condition[],
  nowMs: number,
): number | undefined {
  const waitMs = deadlineInMs(deployment, findCondition(conditions, "Progressing"), nowMs);
  return waitMs === undefined ? undefined : Math.max(1, waitMs);
}

function deadlineSeconds(deployment: Deployment): number | undefined {
  const { progressDeadlineSeconds = 600 } = deployment.spec;
  return progressDeadlineSeconds >= noDeadlineSeconds ? undefined : progressDeadlineSeconds;
}

/** Name by which messages speak of the new set, which may be about to be made. */
export function newSetNameOf(sets: Sets, made: ReplicaSet | undefined): string {
  const set = made ?? sets.newSet;
  return set === undefined ? "" : nameOf(set);
}
