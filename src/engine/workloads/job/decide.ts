/**
 * One step of a job. Pure; `controller.ts` carries it out.
 * Behaviour: kubernetes/kubernetes pkg/controller/job (job_controller.go, backoff_utils.go).
 */

import type { Job, JobStatus } from "../../../model/kinds/batch/job/job.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Condition } from "../../../model/meta.ts";
import { findCondition, withCondition } from "../shared/conditions.ts";
import { soonest, timeMs } from "../shared/pods.ts";
import { podsToDelete } from "../replicaset/ranking.ts";
import {
  backoffLeftMs,
  countPods,
  isIndexed,
  restartsInPlace,
  wantedCompletions,
  type JobCounts,
} from "./count.ts";
import { formatIndexes, indexOf } from "./indexes.ts";

export interface JobWorld {
  readonly job: Job;
  /** The pods that the job controls. */
  readonly pods: readonly Pod[];
  readonly nowMs: number;
}

/** A pod to be made; with its number when the job is Indexed. */
export interface NewPod {
  readonly index: number | undefined;
}

export interface JobDecision {
  readonly create: readonly NewPod[];
  readonly remove: readonly Pod[];
  readonly status: JobStatus;
  /** The job has been finished for as long as it was to be kept. */
  readonly expired: boolean;
  readonly requeueAfterMs: number | undefined;
}

type Finish = { readonly type: "Complete" | "Failed"; readonly reason: string; readonly message: string };

/** The most pods that one step makes. */
const burst = 500;

export function finishedCondition(job: Job): Condition | undefined {
  return job.status?.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
}

export function decideJob(world: JobWorld): JobDecision {
  const counts = countPods(world.job, world.pods);
  const finished = finishedCondition(world.job);
  if (finished !== undefined) return afterFinish(world, counts, finished);
  if (world.job.metadata.deletionTimestamp !== undefined) return stay(world, counts);
  const finish = finishOf(world, counts);
  if (finish !== undefined) return finishNow(world, counts, finish);
  return world.job.spec.suspend === true ? suspended(world, counts) : working(world, counts);
}

function stay(world: JobWorld, counts: JobCounts): JobDecision {
  const status = statusOf(world, counts, {});
  return { create: [], remove: [], status, expired: false, requeueAfterMs: undefined };
}

function afterFinish(world: JobWorld, counts: JobCounts, finished: Condition): JobDecision {
  const ttl = world.job.spec.ttlSecondsAfterFinished;
  const sinceMs = timeMs(finished.lastTransitionTime) ?? world.nowMs;
  const leftMs = ttl === undefined ? undefined : sinceMs + ttl * 1000 - world.nowMs;
  const expired = leftMs !== undefined && leftMs <= 0;
  return {
    create: [],
    remove: counts.active,
    status: statusOf(world, counts, {}),
    expired,
    requeueAfterMs: expired ? undefined : leftMs,
  };
}

function finishOf({ job, nowMs }: JobWorld, counts: JobCounts): Finish | undefined {
  const limit = job.spec.backoffLimit ?? 6;
  const restarts = restartsInPlace(job, counts.active);
  if (counts.failed > limit) return backoffExceeded;
  if (restarts > 0 && restarts >= Math.max(1, limit)) return backoffExceeded;
  const deadline = deadlineInMs(job, nowMs);
  if (deadline !== undefined && deadline <= 0) {
    const message = "Job was active longer than specified deadline";
    return { type: "Failed", reason: "DeadlineExceeded", message };
  }
  const wanted = wantedCompletions(job);
  const enough =
    wanted === undefined ? counts.succeeded > 0 && counts.active.length === 0 : counts.succeeded >= wanted;
  if (!enough) return undefined;
  const message = "Reached expected number of succeeded pods";
  return { type: "Complete", reason: "CompletionsReached", message };
}

const backoffExceeded: Finish = {
  type: "Failed",
  reason: "BackoffLimitExceeded",
  message: "Job has reached the specified backoff limit",
};

function deadlineInMs(job: Job, nowMs: number): number | undefined {
  const startMs = timeMs(job.status?.startTime);
  const seconds = job.spec.activeDeadlineSeconds;
  if (seconds === undefined || startMs === undefined || job.spec.suspend === true) return undefined;
  return startMs + seconds * 1000 - nowMs;
}

function finishNow(world: JobWorld, counts: JobCounts, finish: Finish): JobDecision {
  const nowIso = isoOf(world);
  const conditions = withCondition(world.job.status?.conditions ?? [], { ...finish, status: "True" }, nowIso);
  const completion = finish.type === "Complete" ? { completionTime: nowIso } : {};
  const gone = { ...counts, active: [], ready: 0, terminating: counts.terminating + counts.active.length };
  const status = statusOf(world, gone, { conditions: [...conditions], ...completion });
  const ttl = world.job.spec.ttlSecondsAfterFinished;
  const requeueAfterMs = ttl === undefined ? undefined : ttl * 1000;
  return { create: [], remove: counts.active, status, expired: false, requeueAfterMs };
}

function suspended(world: JobWorld, counts: JobCounts): JobDecision {
  const suspension = {
    type: "Suspended",
    status: "True",
    reason: "JobSuspended",
    message: "Job suspended",
  } as const;
  const conditions = withCondition(world.job.status?.conditions ?? [], suspension, isoOf(world));
  const gone = { ...counts, active: [], ready: 0, terminating: counts.terminating + counts.active.length };
  const { startTime: _, ...status } = statusOf(world, gone, { conditions: [...conditions] });
  return { create: [], remove: counts.active, status, expired: false, requeueAfterMs: undefined };
}

function working(world: JobWorld, counts: JobCounts): JobDecision {
  const { job, pods, nowMs } = world;
  const wanted = wantedActive(job, counts);
  const surplus = counts.active.length - wanted;
  const backoffMs = surplus < 0 ? backoffLeftMs(pods, nowMs) : 0;
  const create = surplus < 0 && backoffMs === 0 ? newPods(job, counts, Math.min(-surplus, burst)) : [];
  const remove = surplus > 0 ? podsToDelete(counts.active, counts.active, surplus, nowMs) : [];
  const status = statusOf(world, counts, {
    startTime: job.status?.startTime ?? isoOf(world),
    active: counts.active.length + create.length - remove.length,
    ...resumed(world),
  });
  const waits = [backoffMs > 0 ? backoffMs : undefined, deadlineInMs({ ...job, status }, nowMs)];
  return { create, remove, status, expired: false, requeueAfterMs: soonest(waits) };
}

function resumed(world: JobWorld): { conditions?: Condition[] } {
  const conditions = world.job.status?.conditions ?? [];
  if (findCondition(conditions, "Suspended")?.status !== "True") return {};
  const resumption = {
    type: "Suspended",
    status: "False",
    reason: "JobResumed",
    message: "Job resumed",
  } as const;
  return { conditions: [...withCondition(conditions, resumption, isoOf(world))] };
}

function wantedActive(job: Job, counts: JobCounts): number {
  const parallelism = job.spec.parallelism ?? 1;
  const completions = wantedCompletions(job);
  // A work queue is drained by those that are at it: after the first success nobody joins.
  if (completions === undefined) {
    return counts.succeeded > 0 ? Math.min(counts.active.length, parallelism) : parallelism;
  }
  const left = Math.min(parallelism, completions - counts.succeeded);
  return job.spec.podReplacementPolicy === "Failed" ? Math.max(0, left - counts.terminating) : left;
}

function newPods(job: Job, counts: JobCounts, count: number): NewPod[] {
  if (!isIndexed(job)) return Array.from({ length: count }, () => ({ index: undefined }));
  const taken = new Set([...(counts.completedIndexes ?? []), ...counts.active.map(indexOf)]);
  const free: NewPod[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && free.length < count; index++) {
    if (!taken.has(index)) free.push({ index });
  }
  return free;
}

function statusOf({ job }: JobWorld, counts: JobCounts, changes: JobStatus): JobStatus {
  return {
    ...job.status,
    active: counts.active.length,
    ready: counts.ready,
    terminating: counts.terminating,
    succeeded: counts.succeeded,
    failed: counts.failed,
    ...(counts.completedIndexes === undefined
      ? {}
      : { completedIndexes: formatIndexes(counts.completedIndexes) }),
    ...changes,
  };
}

function isoOf({ nowMs }: JobWorld): string {
  return new Date(nowMs).toISOString();
}
