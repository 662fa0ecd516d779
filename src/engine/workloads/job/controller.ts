/** Jobs: pods until enough of them have succeeded. Decisions are in decide.ts; this carries them out. */

import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { messageOf } from "../../../lib/errors.ts";
import { job as jobKind, type Job } from "../../../model/kinds/batch/job/job.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerOf, keyOf, refOf } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { recorderFor, settleRecheckMs, type WorkloadContext } from "../shared/context.ts";
import { deletePod } from "../shared/delete-pod.ts";
import { controllerIndex } from "../shared/informers.ts";
import { PendingWrites } from "../shared/pending-writes.ts";
import { soonest } from "../shared/pods.ts";
import { isRefusal, refusalRecheckMs } from "../shared/refusal.ts";
import { slowStart } from "../shared/slow-start.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decideJob, finishedCondition, type JobDecision, type NewPod } from "./decide.ts";
import { buildJobPod, uidLabel } from "./pod.ts";

const workers = 8;
/** Jobs that name another controller are not ours. */
const ownName = "kubernetes.io/job-controller";

export function runJobs(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new JobController(context);
  return runController(
    {
      name: "job",
      client,
      clock,
      log,
      workers,
      watches: [
        { informer: informers.jobs, keysOf: (job: Job) => [keyOf(refOf(job))] },
        { informer: informers.pods, keysOf: keysOfPod },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

function keysOfPod(pod: Pod): string[] {
  const owner = controllerOf(pod);
  return owner?.kind === "Job" ? [`${pod.metadata.namespace ?? ""}/${owner.name}`] : [];
}

class JobController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #pendingPods: PendingWrites;
  readonly #pendingSelf: PendingWrites;

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "job-controller");
    this.#pendingPods = new PendingWrites(() => context.clock.now());
    this.#pendingSelf = new PendingWrites(() => context.clock.now());
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers, clock } = this.#context;
    const job = informers.jobs.get(key);
    if (job === undefined || (job.spec.managedBy ?? ownName) !== ownName) {
      this.#pendingPods.forget(key);
      this.#pendingSelf.forget(key);
      return undefined;
    }
    const settled =
      this.#pendingPods.settled(key, informers.pods) && this.#pendingSelf.settled(key, informers.jobs);
    if (!settled) return { requeueAfterMs: settleRecheckMs };
    const selected = await this.#select(key, job);
    const pods = informers.pods.byIndex(controllerIndex, job.metadata.uid ?? "");
    const decision = decideJob({ job: selected, pods, nowMs: clock.now() });
    if (decision.expired) return this.#remove(selected);
    const refused = await this.#apply(key, selected, decision);
    return { requeueAfterMs: soonest([decision.requeueAfterMs, refused ? refusalRecheckMs : undefined]) };
  }

  /** A job without a selector gets one that finds exactly its pods; tools look for them by it. */
  async #select(key: string, job: Job): Promise<Job> {
    if (job.spec.selector !== undefined || job.metadata.deletionTimestamp !== undefined) return job;
    const { uid = "", resourceVersion } = job.metadata;
    const body = { metadata: { resourceVersion }, spec: { selector: { matchLabels: { [uidLabel]: uid } } } };
    const written = await this.#context.client.patch(jobKind, refOf(job), { type: "merge", body });
    this.#pendingSelf.wrote(key, written);
    return written;
  }

  /** Returns whether the API refused something. */
  async #apply(key: string, job: Job, decision: JobDecision): Promise<boolean> {
    const removed = await slowStart(decision.remove.length, (index) =>
      this.#removePod(key, job, decision.remove[index]),
    );
    const made = await slowStart(decision.create.length, (index) =>
      this.#createPod(key, job, decision.create[index]),
    );
    const written = await writeStatus(this.#context.client, jobKind, job, decision.status);
    if (written !== undefined) {
      this.#pendingSelf.wrote(key, written);
      this.#tellFinished(job, written);
    }
    if (made.error !== undefined) {
      this.#events.event(job, "Warning", "FailedCreate", `Error creating: ${messageOf(made.error)}`);
    }
    const error = made.error ?? removed.error;
    if (error !== undefined && !isRefusal(error)) throw error;
    return error !== undefined;
  }

  async #createPod(key: string, job: Job, wanted: NewPod | undefined): Promise<void> {
    if (wanted === undefined) return;
    const created = await this.#context.client.create(podKind, buildJobPod(job, wanted.index));
    this.#pendingPods.wrote(key, created);
    this.#events.event(job, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
  }

  async #removePod(key: string, job: Job, pod: Pod | undefined): Promise<void> {
    if (pod === undefined) return;
    await deletePod(this.#context.client, pod);
    this.#pendingPods.deleted(key, pod);
    this.#events.event(job, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
  }

  #tellFinished(before: Job, after: Job): void {
    const finished = finishedCondition(after);
    if (finished === undefined || finishedCondition(before) !== undefined) return;
    if (finished.type === "Complete") this.#events.event(after, "Normal", "Completed", "Job completed");
    else this.#events.event(after, "Warning", finished.reason ?? "Failed", finished.message ?? "");
  }

  async #remove(job: Job): Promise<undefined> {
    const preconditions = { uid: job.metadata.uid };
    try {
      await this.#context.client.delete(jobKind, refOf(job), {
        preconditions,
        propagationPolicy: "Background",
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  }
}
