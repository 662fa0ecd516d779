import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import { invalid, required as missing, type FieldError } from "../../../field-error.ts";
import { formatSelector, matches, selectorFromLabels } from "../../../labels.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, map, object, string, type Infer } from "../../../schema.ts";
import { applyPodSpecDefaults } from "../pod/defaults.ts";
import { podTemplateSpec } from "../pod/pod-spec.ts";
import { podTemplateErrors } from "../pod/validate-pod-spec.ts";

const replicationControllerSpec = object(
  "What the controller should be.",
  {
    replicas: integer("How many pods are wanted.", { default: 1, min: 0 }),
    minReadySeconds: integer("How long a new pod must be ready to count as available.", { min: 0 }),
    selector: map(string("Value."), "Labels of its pods; those of the template when absent."),
    template: podTemplateSpec,
  },
  { name: "io.k8s.api.core.v1.ReplicationControllerSpec" },
);

const replicationControllerStatus = object(
  "What the controller is, as last seen.",
  {
    replicas: integer("Pods of the controller."),
    fullyLabeledReplicas: integer("Pods that have all labels of the template."),
    readyReplicas: integer("Pods that are ready."),
    availableReplicas: integer("Pods that have been ready for long enough."),
    observedGeneration: integer("Generation of the spec that this speaks of."),
    conditions: array(condition, "Aspects of the controller.", { mergeKey: "type" }),
  },
  { name: "io.k8s.api.core.v1.ReplicationControllerStatus" },
);

const fields = { spec: replicationControllerSpec, status: replicationControllerStatus };
const schema = object("", fields);
export interface ReplicationController extends KubeObject, Infer<typeof schema> {}

/** Before validation: anything may be missing. */
function applyControllerDefaults({ metadata, spec }: ReplicationController): void {
  const labels = spec?.template?.metadata?.labels;
  if (spec?.template?.spec !== undefined) applyPodSpecDefaults(spec.template.spec);
  if (spec === undefined || labels === undefined) return;
  spec.selector ??= { ...labels };
  metadata.labels ??= { ...labels };
}

function controllerErrors({ spec = {} }: ReplicationController): FieldError[] {
  const { selector = {}, template } = spec;
  if (Object.keys(selector).length === 0) return [missing("spec.selector")];
  if (template === undefined) return [missing("spec.template")];
  const labels = template.metadata?.labels ?? {};
  const errors = podTemplateErrors(template, "spec.template");
  if (matches(selectorFromLabels(selector), labels)) return errors;
  const detail = "`selector` does not match template `labels`";
  return [...errors, invalid("spec.template.metadata.labels", labels, detail)];
}

const wide = { type: "string", priority: 1 } as const;

export const replicationController = defineKind<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  description: "What came before replica sets; the scheduler spreads its pods.",
  fields,
  columns: [
    {
      name: "Desired",
      type: "integer",
      description: "How many pods are wanted.",
      value: ({ spec }) => spec?.replicas ?? 1,
    },
    {
      name: "Current",
      type: "integer",
      description: "How many pods there are.",
      value: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: "Ready",
      type: "integer",
      description: "How many pods are ready.",
      value: ({ status }) => status?.readyReplicas ?? 0,
    },
    {
      ...wide,
      name: "Containers",
      description: "Names of the containers.",
      value: ({ spec }) => (spec?.template?.spec?.containers ?? []).map(({ name }) => name).join(","),
    },
    {
      ...wide,
      name: "Images",
      description: "Images of the containers.",
      value: ({ spec }) => (spec?.template?.spec?.containers ?? []).map(({ image = "" }) => image).join(","),
    },
    {
      ...wide,
      name: "Selector",
      description: "Labels of the pods.",
      value: ({ spec }) => orNone(formatSelector(selectorFromLabels(spec?.selector))),
    },
  ],
  scale: {
    replicas: ({ spec }) => spec?.replicas ?? 1,
    withReplicas: (object, replicas) => ({ ...object, spec: { ...object.spec, replicas } }),
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => formatSelector(selectorFromLabels(spec?.selector)),
  },
  applyDefaults: applyControllerDefaults,
  validate: controllerErrors,
});
