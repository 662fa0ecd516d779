/** What the pods of a job add up to. Counts only grow: a pod that ended counts even after it was removed. */

import type { Job } from "../../../model/kinds/batch/job/job.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { isActive, isReady, timeMs } from "../shared/pods.ts";
import { indexOf, parseIndexes } from "./indexes.ts";

export interface JobCounts {
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of an Indexed job. */
  readonly completedIndexes: ReadonlySet<number> | undefined;
}

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === "Indexed";
}

/** Undefined: any success completes the job once no pod is left (a work queue). */
export function wantedCompletions(job: Job): number | undefined {
  const { completions, parallelism } = job.spec;
  return completions ?? (parallelism === undefined ? 1 : undefined);
}

export function countPods(job: Job, pods: readonly Pod[]): JobCounts {
  const active = pods.filter(isActive);
  const succeeded = pods.filter((pod) => pod.status?.phase === "Succeeded");
  const failed = pods.filter((pod) => pod.status?.phase === "Failed");
  const completedIndexes = isIndexed(job) ? completed(job, succeeded) : undefined;
  return {
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    succeeded: completedIndexes?.size ?? Math.max(job.status?.succeeded ?? 0, succeeded.length),
    failed: Math.max(job.status?.failed ?? 0, failed.length),
    completedIndexes,
  };
}

function completed(job: Job, succeeded: readonly Pod[]): ReadonlySet<number> {
  const indexes = parseIndexes(job.status?.completedIndexes);
  const limit = job.spec.completions ?? 0;
  for (const pod of succeeded) {
    const index = indexOf(pod);
    if (index !== undefined && index < limit) indexes.add(index);
  }
  return indexes;
}

/** Restarts in place count as failures when the pods' containers are started again where they are. */
export function restartsInPlace(job: Job, active: readonly Pod[]): number {
  if (job.spec.template.spec?.restartPolicy !== "OnFailure") return 0;
  const statuses = active.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]);
  return statuses.reduce((total, { restartCount }) => total + restartCount, 0);
}

const backoff = { baseMs: 10_000, capMs: 360_000 };

/** How long to wait before the next pod: failures since the last success make it longer. */
export function backoffLeftMs(pods: readonly Pod[], nowMs: number): number {
  const ended = pods.filter((pod) => !isActive(pod) && pod.status?.phase !== undefined);
  const lastSuccessMs = Math.max(
    0,
    ...ended.filter((pod) => pod.status?.phase === "Succeeded").map(finishedMs),
  );
  const failures = ended
    .filter((pod) => pod.status?.phase === "Failed")
    .map(finishedMs)
    .filter((at) => at > lastSuccessMs);
  if (failures.length === 0) return 0;
  const delayMs = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(failures.length - 1, 30));
  return Math.max(0, Math.max(...failures) + delayMs - nowMs);
}

export function finishedMs(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    timeMs(state?.terminated?.finishedAt),
  );
  const known = times.filter((time) => time !== undefined);
  if (known.length > 0) return Math.max(...known);
  const ready = pod.status?.conditions?.find((condition) => condition.type === "Ready");
  return timeMs(ready?.lastTransitionTime) ?? timeMs(pod.metadata.creationTimestamp) ?? 0;
}
