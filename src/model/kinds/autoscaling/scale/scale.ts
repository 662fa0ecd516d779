import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { integer, object, string, type Infer } from "../../../schema.ts";

const fields = {
  spec: object(
    "What is wanted.",
    { replicas: integer("How many pods are wanted.", { default: 0, min: 0 }) },
    { name: "io.k8s.api.autoscaling.v1.ScaleSpec" },
  ),
  status: object(
    "What is there.",
    {
      replicas: integer("How many pods there are."),
      selector: string("Selector of the pods, in text form."),
    },
    { name: "io.k8s.api.autoscaling.v1.ScaleStatus" },
  ),
};
const schema = object("", fields);
export interface Scale extends KubeObject, Infer<typeof schema> {}

/** The body of every scale subresource; it has no paths of its own. */
export const scale = defineKind<Scale>({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  plural: "scales",
  description: "The number of pods of a workload, in the same shape for all kinds of workload.",
  fields,
  verbs: [],
});
