/** The runs of an app's cron jobs: one now, those that were, and what they wrote. */

import { appLabel, cronLabel, releaseLabel } from "../model/kinds/nagi/app/app-names.ts";
import { isConditionTrue, findCondition } from "../model/conditions.ts";
import { cronJob, type CronJob } from "../model/kinds/batch/cronjob/cronjob.ts";
import { job as jobKind, type Job } from "../model/kinds/batch/job/job.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import type { App } from "../model/kinds/nagi/app/app.ts";
import { newObject } from "../model/kind.ts";
import { controllerOf, controllerRef, refOf } from "../model/meta.ts";
import { ageText, durationText } from "../model/table.ts";
import { UsageError, type CommandContext } from "./command.ts";
import { columns } from "./format.ts";
import { writeStream } from "./output.ts";
import { pause, pollMs } from "./wait.ts";

const startMaxMs = 5 * 60_000;

export async function cronJobsOf(context: CommandContext, { metadata }: App): Promise<CronJob[]> {
  const client = await context.client();
  const labelSelector = `${appLabel}=${metadata.name},nagi.dev/cron`;
  return [...(await client.list(cronJob, { namespace: metadata.namespace, labelSelector })).items];
}

export async function cronJobOf(context: CommandContext, found: App, name: string): Promise<CronJob> {
  const all = await cronJobsOf(context, found);
  const job = all.find(({ metadata }) => metadata.labels?.[cronLabel] === name);
  if (job !== undefined) return job;
  const names = all.map(({ metadata }) => metadata.labels?.[cronLabel]).join(", ");
  throw new UsageError(
    `app ${found.metadata.name} has no cron job ${JSON.stringify(name)} that could run`,
    names === "" ? "It has none. Cron jobs start with the first release" : `It has: ${names}`,
  );
}

/** Newest first. */
async function runsOf(context: CommandContext, owner: CronJob): Promise<Job[]> {
  const client = await context.client();
  const { items } = await client.list(jobKind, { namespace: owner.metadata.namespace });
  return items
    .filter((job) => controllerOf(job)?.uid === owner.metadata.uid)
    .toSorted((a, b) =>
      (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? 1 : -1,
    );
}

/** As `kubectl create job --from` does; follows it and gives 0 when it succeeded. */
export async function startRun(context: CommandContext, owner: CronJob): Promise<number> {
  const client = await context.client();
  const { metadata, spec } = owner.spec.jobTemplate;
  const made = newObject<Job>(
    jobKind,
    {
      name: `${owner.metadata.name}-${Date.now().toString(36)}`,
      namespace: owner.metadata.namespace,
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, "cronjob.kubernetes.io/instantiate": "manual" },
      ownerReferences: [{ ...controllerRef(owner), apiVersion: "batch/v1", kind: "CronJob" }],
    },
    { spec: spec ?? { template: {} } },
  );
  const created = await client.create(jobKind, made);
  const name = owner.metadata.labels?.[cronLabel] ?? "";
  if (context.flag("detach")) {
    context.terminal.print(`Started ${created.metadata.name}. See: nagi cron logs ${name}`);
    return 0;
  }
  await followJob(context, created);
  for (;;) {
    const { status } = await client.get(jobKind, refOf(created));
    if (isConditionTrue(status?.conditions, "Complete")) return 0;
    const failed = findCondition(status?.conditions, "Failed");
    if (failed?.status === "True") {
      context.terminal.note(`${name} failed: ${await failureText(context, created, failed.message ?? "")}`);
      return 1;
    }
    await pause(pollMs, context.signal);
  }
}

async function podOf(context: CommandContext, { metadata }: Job): Promise<Pod | undefined> {
  const client = await context.client();
  const labelSelector = `batch.kubernetes.io/job-name=${metadata.name}`;
  return (await client.list(pod, { namespace: metadata.namespace, labelSelector })).items.at(-1);
}

async function failureText(context: CommandContext, job: Job, message: string): Promise<string> {
  const found = await podOf(context, job);
  const ended = found?.status?.containerStatuses?.[0]?.state?.terminated;
  return ended === undefined || /deadline/i.test(message) ? message : `exit code ${ended.exitCode}`;
}

async function followJob(context: CommandContext, job: Job): Promise<void> {
  const client = await context.client();
  const startMs = Date.now();
  for (;;) {
    const found = await podOf(context, job);
    if (found !== undefined && found.status?.phase !== "Pending") {
      context.terminal.progressDone();
      const started = found.status?.containerStatuses?.[0]?.state;
      if (started?.waiting !== undefined) return;
      return await writeStream(
        context.terminal,
        client.log(pod, refOf(found), { follow: true, signal: context.signal }),
      );
    }
    context.terminal.progress(`Starting ${job.metadata.name}`);
    if (Date.now() - startMs > startMaxMs)
      throw new Error(`${job.metadata.name} does not start; see: kubectl describe job ${job.metadata.name}`);
    await pause(pollMs, context.signal);
  }
}

export async function showHistory(context: CommandContext, owner: CronJob): Promise<void> {
  const runs = await runsOf(context, owner);
  if (runs.length === 0) return context.terminal.note("It has not run yet");
  const nowMs = Date.now();
  const rows = await Promise.all(
    runs.map(async (job) => {
      const { startTime, conditions } = job.status ?? {};
      const end = conditions?.find(
        ({ type, status }) => status === "True" && ["Complete", "Failed"].includes(type),
      );
      const endMs = end?.lastTransitionTime === undefined ? nowMs : Date.parse(end.lastTransitionTime);
      const took = startTime === undefined ? "" : durationText(endMs - Date.parse(startTime));
      const outcome =
        end === undefined
          ? "running"
          : end.type === "Complete"
            ? "succeeded"
            : `failed: ${await failureText(context, job, end.message ?? "")}`;
      const isManual = job.metadata.annotations?.["cronjob.kubernetes.io/instantiate"] === "manual";
      const release = job.spec.template.metadata?.labels?.[releaseLabel] ?? "";
      const started = `${ageText(startTime ?? job.metadata.creationTimestamp, nowMs)} ago`;
      return [job.metadata.name ?? "", started, took, isManual ? "by hand" : "schedule", release, outcome];
    }),
  );
  context.terminal.print(columns([["RUN", "STARTED", "TOOK", "BY", "RELEASE", "OUTCOME"], ...rows]));
}

/** Of the newest run, or of the one that is named. */
export async function showLog(context: CommandContext, owner: CronJob): Promise<void> {
  const runs = await runsOf(context, owner);
  const named = context.text("run");
  const chosen = named === undefined ? runs[0] : runs.find(({ metadata }) => metadata.name === named);
  const name = owner.metadata.labels?.[cronLabel] ?? "";
  if (chosen === undefined)
    throw new UsageError(
      named === undefined ? `${name} has not run yet` : `${name} has no run ${named}`,
      named === undefined ? `Run it now: nagi cron run ${name}` : `See: nagi cron history ${name}`,
    );
  const found = await podOf(context, chosen);
  if (found === undefined) throw new Error(`the log of ${chosen.metadata.name} is gone with its pod`);
  const client = await context.client();
  await writeStream(context.terminal, client.log(pod, refOf(found), { signal: context.signal }));
}
