import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { integer, object, required, string, time, type Infer } from "../../../schema.ts";

const api = "io.k8s.api.autoscaling.v1";

const fields = {
  spec: required(
    object(
      "What is scaled, between which numbers and by what.",
      {
        scaleTargetRef: required(
          object(
            "What is scaled.",
            {
              apiVersion: string("API version of the object."),
              kind: required(string("Kind of the object.")),
              name: required(string("Name of the object.")),
            },
            { name: `${api}.CrossVersionObjectReference` },
          ),
        ),
        minReplicas: integer("The fewest pods.", { default: 1, min: 0 }),
        maxReplicas: required(integer("The most pods.", { min: 1 })),
        targetCPUUtilizationPercentage: integer(
          "Processor time that is wanted, as a percentage of what the pods request.",
          { min: 1 },
        ),
      },
      { name: `${api}.HorizontalPodAutoscalerSpec` },
    ),
  ),
  status: object(
    "What was decided last.",
    {
      observedGeneration: integer("Generation of the spec that this speaks of."),
      lastScaleTime: time("When the number was changed last."),
      currentReplicas: integer("How many pods there are."),
      desiredReplicas: integer("How many there should be."),
      currentCPUUtilizationPercentage: integer("Processor time that is used, as such a percentage."),
    },
    { name: `${api}.HorizontalPodAutoscalerStatus` },
  ),
};
const schema = object("", fields);
export interface HorizontalPodAutoscalerV1 extends KubeObject, Infer<typeof schema> {}

/** The same objects as `autoscaling/v2`, of which it shows processor time only. */
export const horizontalPodAutoscalerV1 = defineKind<HorizontalPodAutoscalerV1>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  storedVersion: "v2",
  description: "Changes the number of pods of a workload with the processor time that they use.",
  verbs: ["create", "delete", "get", "list", "patch", "update"],
  fields,
});
