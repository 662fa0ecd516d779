/** Cron jobs: a job at each time of a schedule. Decisions are in decide.ts; this carries them out. */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { cronJob as cronJobKind, type CronJob } from "../../../model/kinds/batch/cronjob/cronjob.ts";
import { job as jobKind, type Job } from "../../../model/kinds/batch/job/job.ts";
import { newObject } from "../../../model/kind.ts";
import { controllerOf, controllerRef, keyOf, refOf } from "../../../model/meta.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import { recorderFor, settleRecheckMs, type WorkloadContext } from "../shared/context.ts";
import { controllerIndex } from "../shared/informers.ts";
import { PendingWrites } from "../shared/pending-writes.ts";
import { isRefusal, refusalRecheckMs } from "../shared/refusal.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decideCron, jobNameOf, referenceTo, scheduledAnnotation, startText } from "./decide.ts";

const workers = 4;
/** Also what a timer can wait for at a time: a month is more than it can. */
const waitMaxMs = 60 * 60_000;

export function runCronJobs(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new CronJobController(context);
  return runController(
    {
      name: "cronjob",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.cronJobs, keysOf: (object: CronJob) => [keyOf(refOf(object))] },
        { informer: informers.jobs, keysOf: keysOfJob },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

function keysOfJob(job: Job): string[] {
  const owner = controllerOf(job);
  return owner?.kind === "CronJob" ? [`${job.metadata.namespace ?? ""}/${owner.name}`] : [];
}

class CronJobController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #pendingJobs: PendingWrites;
  readonly #pendingSelf: PendingWrites;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "cronjob-controller");
    this.#pendingJobs = new PendingWrites(() => context.clock.now());
    this.#pendingSelf = new PendingWrites(() => context.clock.now());
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers, clock, client } = this.#context;
    const cronJob = informers.cronJobs.get(key);
    if (cronJob === undefined) {
      this.#pendingJobs.forget(key);
      this.#pendingSelf.forget(key);
      return undefined;
    }
    const settled =
      this.#pendingJobs.settled(key, informers.jobs) && this.#pendingSelf.settled(key, informers.cronJobs);
    if (!settled) return { requeueAfterMs: settleRecheckMs };
    const jobs = informers.jobs.byIndex(controllerIndex, cronJob.metadata.uid ?? "");
    const decision = decideCron({ cronJob, jobs, nowMs: clock.now() });
    for (const { type, reason, message } of decision.events)
      this.#events.event(cronJob, type, reason, message);
    for (const job of decision.cleanUp) await this.#remove(key, job);
    for (const job of decision.replace) {
      await this.#remove(key, job);
      this.#events.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${job.metadata.name}`);
    }
    let { status } = decision;
    let refused = false;
    if (decision.startMs !== undefined) {
      const made = await this.#start(key, cronJob, decision.startMs);
      if (made === undefined) refused = true;
      else {
        const others = (status.active ?? []).filter(
          ({ uid }) => !decision.replace.some(({ metadata }) => metadata.uid === uid),
        );
        const lastScheduleTime = startText(decision.startMs);
        status = { ...status, active: [...others, referenceTo(made)], lastScheduleTime };
      }
    }
    const written = await writeStatus(client, cronJobKind, cronJob, status);
    if (written !== undefined) this.#pendingSelf.wrote(key, written);
    if (refused) return { requeueAfterMs: refusalRecheckMs };
    const { requeueAfterMs } = decision;
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs: Math.min(requeueAfterMs, waitMaxMs) };
  }

  /** Undefined when the API refuses, which is told. One that is there already was made before its note was lost. */
  async #start(key: string, cronJob: CronJob, startMs: number): Promise<Job | undefined> {
    const { client } = this.#context;
    const { metadata, spec } = cronJob.spec.jobTemplate;
    const name = jobNameOf(cronJob, startMs);
    const { namespace } = cronJob.metadata;
    const made = newObject<Job>(
      jobKind,
      {
        name,
        namespace,
        labels: { ...metadata?.labels },
        annotations: { ...metadata?.annotations, [scheduledAnnotation]: startText(startMs) },
        ownerReferences: [controllerRef(cronJob)],
      },
      { spec: spec ?? { template: {} } },
    );
    try {
      const created = await client.create(jobKind, made);
      this.#pendingJobs.wrote(key, created);
      this.#events.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${name}`);
      return created;
    } catch (error) {
      if (isStatus(error, "AlreadyExists")) {
        const present = await client.get(jobKind, { namespace, name });
        if (controllerOf(present)?.uid === cronJob.metadata.uid) return present;
        const message = `Error creating job: ${name} exists and belongs to something else`;
        this.#events.event(cronJob, "Warning", "FailedCreate", message);
        return undefined;
      }
      if (!isRefusal(error)) throw error;
      this.#events.event(
        cronJob,
        "Warning",
        "FailedCreate",
        `Error creating job: ${(error as Error).message}`,
      );
      return undefined;
    }
  }

  async #remove(key: string, job: Job): Promise<void> {
    try {
      const preconditions = { uid: job.metadata.uid };
      await this.#context.client.delete(jobKind, refOf(job), {
        preconditions,
        propagationPolicy: "Background",
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#pendingJobs.deleted(key, job);
  }
}
