/** What a HorizontalPodAutoscaler looks at, and what it saw. */

import { labelSelector } from "../../../label-selector.ts";
import { integer, object, oneOf, quantity, required, string, type Infer } from "../../../schema.ts";

const api = "io.k8s.api.autoscaling.v2";

export const objectReference = object(
  "Another object.",
  {
    apiVersion: string("API version of the object."),
    kind: required(string("Kind of the object.")),
    name: required(string("Name of the object.")),
  },
  { name: `${api}.CrossVersionObjectReference` },
);

const metricIdentifier = object(
  "Which metric.",
  { name: required(string("Name of the metric.")), selector: labelSelector },
  { name: `${api}.MetricIdentifier` },
);

const metricTarget = object(
  "What the metric should be.",
  {
    type: required(oneOf(["Utilization", "Value", "AverageValue"], "Which of the fields counts.")),
    value: quantity("The metric as it is."),
    averageValue: quantity("The metric divided by the number of pods."),
    averageUtilization: integer("Use as a percentage of what the pods request, on average."),
  },
  { name: `${api}.MetricTarget` },
);
export interface MetricTarget extends Infer<typeof metricTarget> {}

const metricValueStatus = object(
  "What the metric is.",
  {
    value: quantity("The metric as it is."),
    averageValue: quantity("The metric divided by the number of pods."),
    averageUtilization: integer("Use as a percentage of what the pods request, on average."),
  },
  { name: `${api}.MetricValueStatus` },
);

export interface MetricValue extends Infer<typeof metricValueStatus> {}

const metricTypes = ["Object", "Pods", "Resource", "ContainerResource", "External"] as const;
const metricType = required(oneOf(metricTypes, "Which of the fields counts."));
const resourceName = required(string("Resource of the pods: cpu or memory."));
const container = required(string("Container of the pods that is looked at."));

export const metricSpec = object(
  "A metric, and what it should be.",
  {
    type: metricType,
    object: object(
      "A metric of one object.",
      {
        describedObject: required(objectReference),
        target: required(metricTarget),
        metric: required(metricIdentifier),
      },
      { name: `${api}.ObjectMetricSource` },
    ),
    pods: object(
      "A metric of each pod.",
      { metric: required(metricIdentifier), target: required(metricTarget) },
      { name: `${api}.PodsMetricSource` },
    ),
    resource: object(
      "What the pods use of a resource.",
      { name: resourceName, target: required(metricTarget) },
      { name: `${api}.ResourceMetricSource` },
    ),
    containerResource: object(
      "What one container of the pods uses of a resource.",
      { name: resourceName, target: required(metricTarget), container },
      { name: `${api}.ContainerResourceMetricSource` },
    ),
    external: object(
      "A metric of no object of the cluster.",
      { metric: required(metricIdentifier), target: required(metricTarget) },
      { name: `${api}.ExternalMetricSource` },
    ),
  },
  { name: `${api}.MetricSpec` },
);
export interface MetricSpec extends Infer<typeof metricSpec> {}

export const metricStatus = object(
  "A metric, as it was seen last.",
  {
    type: metricType,
    object: object(
      "A metric of one object.",
      {
        metric: required(metricIdentifier),
        current: required(metricValueStatus),
        describedObject: required(objectReference),
      },
      { name: `${api}.ObjectMetricStatus` },
    ),
    pods: object(
      "A metric of each pod.",
      { metric: required(metricIdentifier), current: required(metricValueStatus) },
      { name: `${api}.PodsMetricStatus` },
    ),
    resource: object(
      "What the pods use of a resource.",
      { name: resourceName, current: required(metricValueStatus) },
      { name: `${api}.ResourceMetricStatus` },
    ),
    containerResource: object(
      "What one container of the pods uses of a resource.",
      { name: resourceName, current: required(metricValueStatus), container },
      { name: `${api}.ContainerResourceMetricStatus` },
    ),
    external: object(
      "A metric of no object of the cluster.",
      { metric: required(metricIdentifier), current: required(metricValueStatus) },
      { name: `${api}.ExternalMetricStatus` },
    ),
  },
  { name: `${api}.MetricStatus` },
);
export interface MetricStatus extends Infer<typeof metricStatus> {}
