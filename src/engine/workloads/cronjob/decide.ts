/**
 * What a cron job should do now. Pure, and as Kubernetes' controller decides: of several missed times only the last
 * is made up for; a time is used once; history beyond the limits goes, oldest first.
 */

import { parseCron, type CronSchedule } from "../../../lib/cron-schedule.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import { isConditionTrue } from "../../../model/conditions.ts";
import type { CronJob, CronJobStatus } from "../../../model/kinds/batch/cronjob/cronjob.ts";
import type { Job } from "../../../model/kinds/batch/job/job.ts";
import { timeMs } from "../shared/pods.ts";

/** So many missed times are told of. */
const missedMax = 100;

export interface CronInput {
  readonly cronJob: CronJob;
  /** That the cron job owns. */
  readonly jobs: readonly Job[];
  readonly nowMs: number;
}

export interface Told {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface CronDecision {
  /** Before a job is made. */
  readonly status: CronJobStatus;
  readonly events: readonly Told[];
  /** Runs that the next one replaces. */
  readonly replace: readonly Job[];
  /** Ended ones beyond what is kept. */
  readonly cleanUp: readonly Job[];
  /** The time whose job is to be made. */
  readonly startMs: number | undefined;
  readonly requeueAfterMs: number | undefined;
}

export function decideCron({ cronJob, jobs, nowMs }: CronInput): CronDecision {
  const { status, events } = seenStatus(cronJob, jobs);
  const ended = { status, replace: [], startMs: undefined, cleanUp: surplus(cronJob, jobs) };
  const { spec, metadata } = cronJob;
  if (metadata.deletionTimestamp !== undefined || spec.suspend === true)
    return { ...ended, events, requeueAfterMs: undefined };
  const parsed = parseCron(spec.schedule, spec.timeZone);
  if ("problem" in parsed) {
    const message = `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${parsed.problem}`;
    const told = [...events, { type: "Warning", reason: "UnparseableSchedule", message } as const];
    return { ...ended, events: told, requeueAfterMs: undefined };
  }
  const due = dueRun({ cronJob, schedule: parsed.schedule, status, nowMs });
  const running = jobs.filter((job) => !hasEnded(job) && isActive(status, job));
  const start = due.startMs === undefined ? "no" : policyOf(cronJob, running);
  const blocked: Told = {
    type: "Normal",
    reason: "JobAlreadyActive",
    message: "Not starting job because prior execution is running and concurrency policy is Forbid",
  };
  return {
    ...ended,
    events: [...events, ...due.events, ...(start === "blocked" ? [blocked] : [])],
    replace: start === "replace" ? running : [],
    startMs: start === "no" || start === "blocked" ? undefined : due.startMs,
    requeueAfterMs: due.nextMs === undefined ? undefined : Math.max(0, due.nextMs - nowMs),
  };
}

function policyOf({ spec }: CronJob, running: readonly Job[]): "start" | "replace" | "blocked" {
  if (running.length === 0 || spec.concurrencyPolicy === "Allow") return "start";
  return spec.concurrencyPolicy === "Replace" ? "replace" : "blocked";
}

interface Due {
  readonly startMs: number | undefined;
  readonly nextMs: number | undefined;
  readonly events: readonly Told[];
}

function dueRun(given: {
  readonly cronJob: CronJob;
  readonly schedule: CronSchedule;
  readonly status: CronJobStatus;
  readonly nowMs: number;
}): Due {
  const { cronJob, schedule, status, nowMs } = given;
  const nextMs = schedule.next(nowMs);
  const sinceMs = timeMs(status.lastScheduleTime) ?? timeMs(cronJob.metadata.creationTimestamp) ?? nowMs;
  const startMs = schedule.latest(nowMs);
  if (startMs === undefined || startMs <= sinceMs) return { startMs: undefined, nextMs, events: [] };
  const deadlineSeconds = cronJob.spec.startingDeadlineSeconds;
  if (deadlineSeconds !== undefined && startMs + deadlineSeconds * 1000 < nowMs) {
    const message = `Missed scheduled time to start a job: ${new Date(startMs).toISOString()}`;
    return { startMs: undefined, nextMs, events: [{ type: "Warning", reason: "MissSchedule", message }] };
  }
  const earliestMs =
    deadlineSeconds === undefined ? sinceMs : Math.max(sinceMs, nowMs - deadlineSeconds * 1000);
  const missed = missedCount(schedule, earliestMs, startMs);
  const message = `too many missed start times: ${missed}. Set or decrease .spec.startingDeadlineSeconds or check clock skew`;
  const events =
    missed > missedMax ? [{ type: "Warning", reason: "TooManyMissedTimes", message } as const] : [];
  return { startMs, nextMs, events };
}

/** Near enough: by the distance of the first two. */
function missedCount(schedule: CronSchedule, afterMs: number, untilMs: number): number {
  const first = schedule.next(afterMs);
  const second = first === undefined ? undefined : schedule.next(first);
  if (first === undefined || second === undefined || first >= untilMs) return 1;
  return Math.floor((untilMs - first) / (second - first)) + 1;
}

/** Ended jobs leave the list of what runs; jobs that are gone do too, and one that was made and not noted comes back. */
function seenStatus(cronJob: CronJob, jobs: readonly Job[]): { status: CronJobStatus; events: Told[] } {
  const before = cronJob.status ?? {};
  const events: Told[] = [];
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const active = (before.active ?? []).filter(({ uid, name }) => {
    const job = byUid.get(uid);
    if (job !== undefined && !hasEnded(job)) return true;
    const state =
      job !== undefined && isConditionTrue(job.status?.conditions, "Complete") ? "Complete" : "Failed";
    events.push(
      job === undefined
        ? { type: "Normal", reason: "MissingJob", message: `Active job went missing: ${name}` }
        : {
            type: "Normal",
            reason: "SawCompletedJob",
            message: `Saw completed job: ${name}, condition: ${state}`,
          },
    );
    return false;
  });
  for (const job of jobs)
    if (!hasEnded(job) && isScheduled(job) && !active.some(({ uid }) => uid === job.metadata.uid))
      active.push(referenceTo(job));
  const succeeded = jobs
    .filter((job) => isConditionTrue(job.status?.conditions, "Complete"))
    .map((job) => job.status?.completionTime ?? "");
  const lastSuccess = [before.lastSuccessfulTime ?? "", ...succeeded].toSorted().at(-1) ?? "";
  const started = jobs.map(({ metadata }) => metadata.annotations?.[scheduledAnnotation] ?? "");
  const lastSchedule = [before.lastScheduleTime ?? "", ...started].toSorted(byTime).at(-1) ?? "";
  return {
    events,
    status: {
      ...(active.length === 0 ? {} : { active }),
      ...(lastSchedule === "" ? {} : { lastScheduleTime: lastSchedule }),
      ...(lastSuccess === "" ? {} : { lastSuccessfulTime: lastSuccess }),
    },
  };
}

function byTime(a: string, b: string): number {
  return (timeMs(a) ?? 0) - (timeMs(b) ?? 0);
}

/** On a job: the time of the schedule that it was made for. */
export const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

function isScheduled({ metadata }: Job): boolean {
  return metadata.annotations?.[scheduledAnnotation] !== undefined;
}

function isActive({ active = [] }: CronJobStatus, { metadata }: Job): boolean {
  return active.some(({ uid }) => uid === metadata.uid);
}

export function referenceTo({ metadata }: Job): NonNullable<CronJobStatus["active"]>[number] {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion: "batch/v1", kind: "Job", namespace, name, uid, resourceVersion };
}

function hasEnded({ status }: Job): boolean {
  return ["Complete", "Failed"].some((type) => isConditionTrue(status?.conditions, type));
}

function surplus({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = spec;
  const ended = jobs
    .filter((job) => hasEnded(job) && job.metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => byTime(startOf(b), startOf(a)));
  const isGood = (job: Job): boolean => isConditionTrue(job.status?.conditions, "Complete");
  return [
    ...ended.filter(isGood).slice(successfulJobsHistoryLimit),
    ...ended.filter((job) => !isGood(job)).slice(failedJobsHistoryLimit),
  ];
}

function startOf({ metadata, status }: Job): string {
  return status?.startTime ?? metadata.creationTimestamp ?? "";
}

/** The same for the same time, so that a time has one job whatever is done twice. */
export function jobNameOf(cronJob: CronJob, startMs: number): string {
  return `${cronJob.metadata.name}-${Math.floor(startMs / 60_000)}`;
}

export function startText(startMs: number): string {
  return timestamp(startMs).replace(/\.\d+Z$/, "Z");
}
