import { defineKind } from "../../../define.ts";
import { labelSelector } from "../../../label-selector.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, object, required, type Infer } from "../../../schema.ts";
import { formatSelector, selectorFromLabelSelector } from "../../../labels.ts";
import { podTemplateSpec } from "../../core/pod/pod-spec.ts";
import { applyTemplateDefaults, selectorErrors, templateErrors, workloadWideColumns } from "../workload.ts";

const replicaSetSpec = object(
  "What the replica set should be.",
  {
    replicas: integer("How many pods are wanted.", { default: 1, min: 0 }),
    minReadySeconds: integer("How long a new pod must be ready to count as available.", { min: 0 }),
    selector: required({ ...labelSelector, immutable: true }),
    template: podTemplateSpec,
  },
  { name: "io.k8s.api.apps.v1.ReplicaSetSpec" },
);
export interface ReplicaSetSpec extends Infer<typeof replicaSetSpec> {}

const replicaSetStatus = object(
  "What the replica set is, as last seen.",
  {
    replicas: integer("Pods of the replica set."),
    fullyLabeledReplicas: integer("Pods that have all labels of the template."),
    readyReplicas: integer("Pods that are ready."),
    availableReplicas: integer("Pods that have been ready for long enough."),
    terminatingReplicas: integer("Pods that are on their way out."),
    observedGeneration: integer("Generation of the spec that this speaks of."),
    conditions: array(condition, "Aspects of the replica set.", { mergeKey: "type" }),
  },
  { name: "io.k8s.api.apps.v1.ReplicaSetStatus" },
);

const fields = { spec: required(replicaSetSpec), status: replicaSetStatus };
const schema = object("", fields);
export interface ReplicaSet extends KubeObject, Infer<typeof schema> {}

export const replicaSet = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  description: "Keeps a number of like pods running.",
  fields,
  columns: [
    {
      name: "Desired",
      type: "integer",
      description: "How many pods are wanted.",
      value: ({ spec }) => spec.replicas ?? 1,
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
    ...workloadWideColumns,
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 1,
    withReplicas: (object, replicas) => ({ ...object, spec: { ...object.spec, replicas } }),
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => formatSelector(selectorFromLabelSelector(spec.selector)),
  },
  applyDefaults: ({ spec }: { spec?: ReplicaSetSpec | undefined }) => applyTemplateDefaults(spec?.template),
  validate: (object) => [...selectorErrors(object, "deployment"), ...templateErrors(object, ["Always"])],
});
