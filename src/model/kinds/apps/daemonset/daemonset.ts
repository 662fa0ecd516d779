import { labelsCell } from "../../../cells.ts";
import { defineKind } from "../../../define.ts";
import { invalid, type FieldError } from "../../../field-error.ts";
import { labelSelector } from "../../../label-selector.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, intOrString, object, oneOf, required, type Infer } from "../../../schema.ts";
import { ageText } from "../../../table.ts";
import { podTemplateSpec } from "../../core/pod/pod-spec.ts";
import { countOrPercentErrors, isZeroCount } from "../../count-or-percent.ts";
import { applyTemplateDefaults, selectorErrors, templateErrors, workloadWideColumns } from "../workload.ts";

const updateStrategy = object(
  "How pods get a new template.",
  {
    type: oneOf(["RollingUpdate", "OnDelete"], "Step by step, or as they are deleted."),
    rollingUpdate: object(
      "Bounds of a rolling update.",
      {
        maxUnavailable: intOrString("How many pods may be missing, as a number or a percentage."),
        maxSurge: intOrString("On how many nodes the new pod may come before the old one goes."),
      },
      { name: "io.k8s.api.apps.v1.RollingUpdateDaemonSet" },
    ),
  },
  { name: "io.k8s.api.apps.v1.DaemonSetUpdateStrategy" },
);

const daemonSetSpec = object(
  "What the daemon set should be.",
  {
    selector: required({ ...labelSelector, immutable: true }),
    template: required(podTemplateSpec),
    updateStrategy,
    minReadySeconds: integer("How long a new pod must be ready to count as available.", { min: 0 }),
    revisionHistoryLimit: integer("How many old revisions are kept.", { default: 10, min: 0 }),
  },
  { name: "io.k8s.api.apps.v1.DaemonSetSpec" },
);
export interface DaemonSetSpec extends Infer<typeof daemonSetSpec> {}

const daemonSetStatus = object(
  "What the daemon set is, as last seen.",
  {
    currentNumberScheduled: integer("Nodes that have the pod and should."),
    numberMisscheduled: integer("Nodes that have the pod and should not."),
    desiredNumberScheduled: integer("Nodes that should have the pod."),
    numberReady: integer("Nodes whose pod is ready."),
    observedGeneration: integer("Generation of the spec that this speaks of."),
    updatedNumberScheduled: integer("Nodes whose pod is made from the present template."),
    numberAvailable: integer("Nodes whose pod has been ready for long enough."),
    numberUnavailable: integer("Nodes whose pod is missing."),
    collisionCount: integer("Counts collisions of names of revisions."),
    conditions: array(condition, "Aspects of the daemon set.", { mergeKey: "type" }),
  },
  { name: "io.k8s.api.apps.v1.DaemonSetStatus" },
);
export interface DaemonSetStatus extends Infer<typeof daemonSetStatus> {}

const fields = { spec: required(daemonSetSpec), status: daemonSetStatus };
const schema = object("", fields);
export interface DaemonSet extends KubeObject, Infer<typeof schema> {}

/** Before validation: anything may be missing. */
function applyDaemonSetDefaults({ spec }: { spec?: DaemonSetSpec | undefined }): void {
  if (spec === undefined) return;
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ??= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...strategy.rollingUpdate };
  }
  applyTemplateDefaults(spec.template);
}

function strategyErrors({ updateStrategy: strategy }: DaemonSetSpec): FieldError[] {
  const { rollingUpdate } = strategy ?? {};
  if (rollingUpdate === undefined) return [];
  const path = "spec.updateStrategy.rollingUpdate";
  const { maxSurge = 0, maxUnavailable = 0 } = rollingUpdate;
  const errors = [
    ...countOrPercentErrors(maxUnavailable, `${path}.maxUnavailable`, true),
    ...countOrPercentErrors(maxSurge, `${path}.maxSurge`, true),
  ];
  if (errors.length > 0) return errors;
  if (!isZeroCount(maxUnavailable) && !isZeroCount(maxSurge)) {
    return [invalid(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero")];
  }
  return isZeroCount(maxUnavailable) && isZeroCount(maxSurge)
    ? [invalid(`${path}.maxUnavailable`, maxUnavailable, "cannot be 0 when maxSurge is 0")]
    : [];
}

const count = (
  name: string,
  description: string,
  field:
    | "desiredNumberScheduled"
    | "currentNumberScheduled"
    | "numberReady"
    | "updatedNumberScheduled"
    | "numberAvailable",
) =>
  ({
    name,
    description,
    type: "integer",
    value: ({ status }: DaemonSet) => status?.[field] ?? 0,
  }) as const;

export const daemonSet = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  description: "Keeps one pod running on every node, or on every node of a sort.",
  fields,
  columns: [
    count("Desired", "Nodes that should have the pod.", "desiredNumberScheduled"),
    count("Current", "Nodes that have the pod.", "currentNumberScheduled"),
    count("Ready", "Nodes whose pod is ready.", "numberReady"),
    count("Up-to-date", "Nodes whose pod is made from the present template.", "updatedNumberScheduled"),
    count("Available", "Nodes whose pod has been ready for long enough.", "numberAvailable"),
    {
      name: "Node Selector",
      type: "string",
      description: "Labels of the nodes that should have the pod.",
      value: ({ spec }) => labelsCell(spec.template.spec?.nodeSelector),
    },
    {
      name: "Age",
      type: "string",
      description: "Time since the creation.",
      value: ({ metadata }, { nowMs }) => ageText(metadata.creationTimestamp, nowMs),
    },
    ...workloadWideColumns,
  ],
  initialStatus: () => ({
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  }),
  applyDefaults: applyDaemonSetDefaults,
  validate: (object) => [
    ...selectorErrors(object, "daemonset"),
    ...templateErrors(object, ["Always"]),
    ...strategyErrors(object.spec),
  ],
});
