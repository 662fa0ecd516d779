import { checkTimeZone, parseCron } from "../../../../lib/cron-schedule.ts";
import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import { invalid, required as missing, type FieldError } from "../../../field-error.ts";
import { objectMeta, type KubeObject } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  object,
  oneOf,
  required,
  string,
  time,
  type Infer,
} from "../../../schema.ts";
import { ageText } from "../../../table.ts";
import {
  applyTemplateDefaults,
  templateErrors,
  workloadWideColumns,
  type Workload,
} from "../../apps/workload.ts";
import { objectReference } from "../../core/references.ts";
import { jobSpecOf } from "../job/job.ts";

/** Of a job's name the time takes eleven characters. */
const nameMaxLength = 52;

const cronJobSpec = object(
  "When jobs are made, and which.",
  {
    schedule: required(string("When, in cron's notation: minute hour day month weekday.")),
    timeZone: string("Time zone of the schedule, for instance Europe/Berlin; UTC when absent."),
    startingDeadlineSeconds: integer(
      "A run that is later than this is left out; always made up for when absent.",
      {
        min: 0,
      },
    ),
    concurrencyPolicy: oneOf(
      ["Allow", "Forbid", "Replace"],
      "Whether a run starts beside the one before: yes, not until that has ended, or in its place.",
      { default: "Allow" },
    ),
    suspend: boolean("Whether no runs start for now.", { default: false }),
    jobTemplate: required(
      object(
        "The job of a run.",
        { metadata: objectMeta, spec: jobSpecOf({ immutable: false }) },
        { name: "io.k8s.api.batch.v1.JobTemplateSpec" },
      ),
    ),
    successfulJobsHistoryLimit: integer("How many successful jobs are kept.", { default: 3, min: 0 }),
    failedJobsHistoryLimit: integer("How many failed jobs are kept.", { default: 1, min: 0 }),
  },
  { name: "io.k8s.api.batch.v1.CronJobSpec" },
);
export interface CronJobSpec extends Infer<typeof cronJobSpec> {}

const cronJobStatus = object(
  "What runs, and when something did.",
  {
    active: array(objectReference, "Jobs that run."),
    lastScheduleTime: time("When a job was made last, by the schedule."),
    lastSuccessfulTime: time("When a job succeeded last."),
  },
  { name: "io.k8s.api.batch.v1.CronJobStatus" },
);
export interface CronJobStatus extends Infer<typeof cronJobStatus> {}

const fields = { spec: required(cronJobSpec), status: cronJobStatus };
const schema = object("", fields);
export interface CronJob extends KubeObject, Infer<typeof schema> {}

function scheduleErrors({ schedule, timeZone }: CronJobSpec): FieldError[] {
  if (schedule === "") return [missing("spec.schedule")];
  const zone = timeZone === undefined ? undefined : checkTimeZone(timeZone);
  if (zone !== undefined) return [invalid("spec.timeZone", timeZone ?? "", zone)];
  const parsed = parseCron(schedule, timeZone);
  return "problem" in parsed ? [invalid("spec.schedule", schedule, parsed.problem)] : [];
}

/** The job's own template, as the columns and rules of workloads read it. */
function asWorkload({ metadata, spec }: CronJob): Workload {
  return { apiVersion: "batch/v1", kind: "Job", metadata, spec: spec.jobTemplate.spec ?? {} };
}

function jobErrors(object: CronJob): FieldError[] {
  const { jobTemplate } = object.spec;
  if (jobTemplate.spec === undefined) return [missing("spec.jobTemplate.spec")];
  const errors = templateErrors(asWorkload(object), ["OnFailure", "Never"]);
  return errors.map((error) => ({ ...error, path: error.path.replace(/^spec/, "spec.jobTemplate.spec") }));
}

export const cronJob = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
  description: "Makes jobs at the times of a schedule.",
  fields,
  columns: [
    {
      name: "Schedule",
      type: "string",
      description: "When jobs are made.",
      value: ({ spec }) => spec.schedule,
    },
    {
      name: "Timezone",
      type: "string",
      description: "Time zone of the schedule.",
      value: ({ spec }) => orNone(spec.timeZone),
    },
    {
      name: "Suspend",
      type: "string",
      description: "Whether no runs start for now.",
      value: ({ spec }) => (spec.suspend === true ? "True" : "False"),
    },
    {
      name: "Active",
      type: "integer",
      description: "How many jobs run.",
      value: ({ status }) => status?.active?.length ?? 0,
    },
    {
      name: "Last Schedule",
      type: "string",
      description: "How long ago a job was made.",
      value: ({ status }, { nowMs }) =>
        status?.lastScheduleTime === undefined ? "<none>" : ageText(status.lastScheduleTime, nowMs),
    },
    ...workloadWideColumns.map((column) => ({
      ...column,
      value: (object: CronJob, context: { readonly nowMs: number }) =>
        column.value(asWorkload(object), context),
    })),
  ],
  applyDefaults: ({ spec }: KubeObject & { spec?: Partial<CronJobSpec> | undefined }) => {
    const job = spec?.jobTemplate?.spec;
    if (job === undefined) return;
    if (job.completions === undefined && job.parallelism === undefined) job.completions = 1;
    job.parallelism ??= 1;
    applyTemplateDefaults(job.template);
  },
  validate: (object) => [
    ...((object.metadata.name ?? "").length > nameMaxLength
      ? [
          invalid(
            "metadata.name",
            object.metadata.name ?? "",
            `must be no more than ${nameMaxLength} characters`,
          ),
        ]
      : []),
    ...scheduleErrors(object.spec),
    ...jobErrors(object),
  ],
});
