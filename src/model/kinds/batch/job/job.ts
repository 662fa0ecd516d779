import { defineKind } from "../../../define.ts";
import { invalid } from "../../../field-error.ts";
import { labelSelector } from "../../../label-selector.ts";
import { condition, type KubeObject } from "../../../meta.ts";
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
import {
  applyTemplateDefaults,
  selectorErrors,
  templateErrors,
  workloadWideColumns,
} from "../../apps/workload.ts";
import { podTemplateSpec } from "../../core/pod/pod-spec.ts";
import { completionsCell, durationCell, jobStatusCell } from "./columns.ts";

/** Of a job most cannot be changed; of what jobs are made from, all can. */
export function jobSpecOf({ immutable }: { readonly immutable: boolean }) {
  return object(
    "What the job should do.",
    {
      parallelism: integer("How many pods may run at once.", { min: 0 }),
      completions: integer("How many pods must succeed.", { min: 0 }),
      activeDeadlineSeconds: integer("How long the job may be active before it is failed.", { min: 1 }),
      backoffLimit: integer("How many failures are retried before the job is failed.", {
        default: 6,
        min: 0,
      }),
      selector: { ...labelSelector, immutable },
      manualSelector: boolean("Whether the selector is the user's own."),
      template: required({ ...podTemplateSpec, immutable }),
      ttlSecondsAfterFinished: integer("How long a finished job is kept.", { min: 0 }),
      completionMode: oneOf(["NonIndexed", "Indexed"], "Whether each pod has a number.", {
        default: "NonIndexed",
        immutable,
      }),
      suspend: boolean("Whether no pods are to run for now.", { default: false }),
      podReplacementPolicy: oneOf(
        ["TerminatingOrFailed", "Failed"],
        "Whether a pod on its way out is replaced before it is gone.",
        { default: "TerminatingOrFailed" },
      ),
      managedBy: string("Controller of the job."),
    },
    { name: "io.k8s.api.batch.v1.JobSpec" },
  );
}
const jobSpec = jobSpecOf({ immutable: true });
export interface JobSpec extends Infer<typeof jobSpec> {}

const jobStatus = object(
  "What became of the job.",
  {
    conditions: array(condition, "Aspects of the job: Complete, Failed, Suspended.", { mergeKey: "type" }),
    startTime: time("When the job was taken up."),
    completionTime: time("When the job succeeded."),
    active: integer("Pods that run or wait."),
    ready: integer("Pods that are ready."),
    terminating: integer("Pods that are on their way out."),
    succeeded: integer("Pods that succeeded."),
    failed: integer("Pods that failed."),
    completedIndexes: string("Numbers that succeeded, for Indexed."),
    failedIndexes: string("Numbers that failed, for Indexed."),
    uncountedTerminatedPods: object(
      "Pods that have ended but are not counted yet.",
      {
        succeeded: array(string("UID."), "Succeeded ones."),
        failed: array(string("UID."), "Failed ones."),
      },
      { name: "io.k8s.api.batch.v1.UncountedTerminatedPods" },
    ),
  },
  { name: "io.k8s.api.batch.v1.JobStatus" },
);
export interface JobStatus extends Infer<typeof jobStatus> {}

const fields = { spec: required(jobSpec), status: jobStatus };
const schema = object("", fields);
export interface Job extends KubeObject, Infer<typeof schema> {}

/** Before validation: anything may be missing. The API server has set the uid by now. */
function applyJobDefaults(object: KubeObject & { spec?: JobSpec | undefined }): void {
  const { metadata, spec } = object;
  if (spec === undefined) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  applyTemplateDefaults(spec.template);
  if (spec.manualSelector === true || spec.template === undefined || metadata.uid === undefined) return;
  const labels = {
    "batch.kubernetes.io/controller-uid": metadata.uid,
    "batch.kubernetes.io/job-name": metadata.name ?? "",
    "controller-uid": metadata.uid,
    "job-name": metadata.name ?? "",
  };
  const template = (spec.template.metadata ??= {});
  template.labels = { ...template.labels, ...labels };
  spec.selector ??= { matchLabels: { "batch.kubernetes.io/controller-uid": metadata.uid } };
}

export const job = defineKind<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  categories: ["all"],
  description: "Runs pods until enough of them have succeeded.",
  fields,
  columns: [
    {
      name: "Status",
      type: "string",
      description: "How the job is doing, in one word.",
      value: jobStatusCell,
    },
    {
      name: "Completions",
      type: "string",
      description: "How many pods have succeeded, of how many.",
      value: completionsCell,
    },
    {
      name: "Duration",
      type: "string",
      description: "How long the job took, or has been at it.",
      value: durationCell,
    },
    ...workloadWideColumns,
  ],
  selectableFields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  applyDefaults: applyJobDefaults,
  validate: (object) => [
    ...(object.spec.selector === undefined ? [] : selectorErrors(object, "job")),
    ...templateErrors(object, ["OnFailure", "Never"]),
  ],
  validateUpdate: (next, previous) => {
    const { completions } = next.spec;
    if (completions === previous.spec.completions || next.spec.completionMode === "Indexed") return [];
    return [invalid("spec.completions", completions ?? null, "field is immutable")];
  },
});
