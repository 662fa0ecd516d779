import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, required, type Infer } from "../../../schema.ts";
import { autoscalerSpec, autoscalerStatus } from "./autoscaler-spec.ts";
import { targetsCell } from "./targets-cell.ts";
import { autoscalerErrors } from "./validate-autoscaler.ts";

const fields = { spec: required(autoscalerSpec), status: autoscalerStatus };
const schema = object("", fields);
export interface HorizontalPodAutoscaler extends KubeObject, Infer<typeof schema> {}

const defaultCpuUtilization = 80;

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  description: "Changes the number of pods of a workload with what they use.",
  fields,
  columns: [
    {
      name: "Reference",
      type: "string",
      description: "What is scaled.",
      value: ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
    },
    {
      name: "Targets",
      type: "string",
      description: "What the metrics are, and what they should be.",
      value: targetsCell,
    },
    {
      name: "MinPods",
      type: "string",
      description: "The fewest pods.",
      value: ({ spec: { minReplicas } }) => String(minReplicas ?? "<unset>"),
    },
    {
      name: "MaxPods",
      type: "integer",
      description: "The most pods.",
      value: ({ spec: { maxReplicas } }) => maxReplicas,
    },
    {
      name: "Replicas",
      type: "integer",
      description: "How many pods there are.",
      value: (autoscaler) => autoscaler.status?.currentReplicas ?? 0,
    },
  ],
  initialStatus: () => ({ currentReplicas: 0, desiredReplicas: 0 }),
  applyDefaults({ spec: given }: { spec?: HorizontalPodAutoscaler["spec"] | undefined }) {
    if (given === undefined) return;
    given.metrics ??= [
      {
        type: "Resource",
        resource: {
          name: "cpu",
          target: { type: "Utilization", averageUtilization: defaultCpuUtilization },
        },
      },
    ];
  },
  validate: ({ spec: given }) => autoscalerErrors(given),
});
