/** What a HorizontalPodAutoscaler should do, and what it did. */

import { condition } from "../../../meta.ts";
import { array, integer, object, oneOf, required, time, type Infer } from "../../../schema.ts";
import { metricSpec, metricStatus, objectReference } from "./metric-spec.ts";

const api = "io.k8s.api.autoscaling.v2";

const policy = object(
  "How much may change in a time.",
  {
    type: required(oneOf(["Pods", "Percent"], "Whether value is a number of pods or a percentage.")),
    value: required(integer("How much.")),
    periodSeconds: required(integer("In which time.")),
  },
  { name: `${api}.HPAScalingPolicy` },
);

const rules = object(
  "How fast the number changes in one direction.",
  {
    stabilizationWindowSeconds: integer(
      "Of the numbers that were wanted within this time the most careful one counts; 0 upwards and 300 downwards when absent.",
    ),
    selectPolicy: oneOf(["Max", "Min", "Disabled"], "Which policy counts; Max when absent."),
    policies: array(policy, "How much may change in which time."),
  },
  { name: `${api}.HPAScalingRules` },
);
export interface ScalingRules extends Infer<typeof rules> {}

export const autoscalerSpec = object(
  "What is scaled, between which numbers and by what.",
  {
    scaleTargetRef: required(objectReference),
    minReplicas: integer("The fewest pods.", { default: 1 }),
    maxReplicas: required(integer("The most pods.")),
    metrics: array(metricSpec, "What the number follows; the largest that one of them asks for counts."),
    behavior: object(
      "How fast the number changes.",
      { scaleUp: rules, scaleDown: rules },
      { name: `${api}.HorizontalPodAutoscalerBehavior` },
    ),
  },
  { name: `${api}.HorizontalPodAutoscalerSpec` },
);
export interface HorizontalPodAutoscalerSpec extends Infer<typeof autoscalerSpec> {}

export const autoscalerStatus = object(
  "What was decided last.",
  {
    observedGeneration: integer("Generation of the spec that this speaks of."),
    lastScaleTime: time("When the number was changed last."),
    currentReplicas: integer("How many pods there are."),
    desiredReplicas: integer("How many there should be."),
    currentMetrics: array(metricStatus, "The metrics, as they were seen last."),
    conditions: array(condition, "Aspects: AbleToScale, ScalingActive, ScalingLimited.", {
      mergeKey: "type",
    }),
  },
  { name: `${api}.HorizontalPodAutoscalerStatus` },
);
export interface HorizontalPodAutoscalerStatus extends Infer<typeof autoscalerStatus> {}
