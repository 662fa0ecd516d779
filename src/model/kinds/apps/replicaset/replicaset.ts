import { defineKind } from "../../../define.ts";
import { labelSelector } from "../../../label-selector.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, object, required, type Infer } from "../../../schema.ts";
import { podTemplateSpec } from "../../core/pod/pod-spec.ts";

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
});
