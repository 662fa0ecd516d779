/** Rules of a HorizontalPodAutoscaler beyond its types, in Kubernetes' words. */

import { invalid, required, type FieldError } from "../../../field-error.ts";
import { milliValue } from "../../../quantity.ts";
import type { HorizontalPodAutoscalerSpec } from "./autoscaler-spec.ts";
import type { MetricSpec, MetricTarget } from "./metric-spec.ts";

const windowMaxSeconds = 3600;
const periodMaxSeconds = 1800;

export function autoscalerErrors(spec: HorizontalPodAutoscalerSpec): FieldError[] {
  const { minReplicas = 1, maxReplicas, metrics = [], behavior = {} } = spec;
  return [
    ...(maxReplicas < 1 ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than 0")] : []),
    ...(minReplicas < 0
      ? [invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 0")]
      : []),
    ...(minReplicas === 0 && !metrics.some(({ type }) => type === "Object" || type === "External")
      ? [
          required(
            "spec.metrics",
            "must specify at least one Object or External metric to support scaling to zero replicas",
          ),
        ]
      : []),
    ...(maxReplicas < minReplicas
      ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`")]
      : []),
    ...metrics.flatMap((metric, index) => metricErrors(metric, `spec.metrics[${index}]`)),
    ...rulesErrors(behavior.scaleUp, "spec.behavior.scaleUp"),
    ...rulesErrors(behavior.scaleDown, "spec.behavior.scaleDown"),
  ];
}

const fieldOf = {
  Object: "object",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
  External: "external",
} as const;

function metricErrors(metric: MetricSpec, path: string): FieldError[] {
  const field = fieldOf[metric.type];
  const source = metric[field];
  if (source === undefined)
    return [required(`${path}.${field}`, `must populate information for the given metric source`)];
  const extra = Object.values(fieldOf).filter((each) => each !== field && metric[each] !== undefined);
  return [
    ...extra.map((each) =>
      invalid(`${path}.${each}`, metric[each], "must populate the given metric source only"),
    ),
    ...targetErrors(source.target, `${path}.${field}.target`, metric.type),
  ];
}

function targetErrors(target: MetricTarget, path: string, type: MetricSpec["type"]): FieldError[] {
  const { value, averageValue, averageUtilization } = target;
  const isResource = type === "Resource" || type === "ContainerResource";
  const positive = (name: "value" | "averageValue"): FieldError[] => {
    const given = target[name];
    return given !== undefined && milliValue(given) <= 0
      ? [invalid(`${path}.${name}`, given, "must be positive")]
      : [];
  };
  const errors = [...positive("value"), ...positive("averageValue")];
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(`${path}.averageUtilization`, averageUtilization, "must be greater than 0"));
  if (isResource && (averageUtilization === undefined) === (averageValue === undefined))
    errors.push(required(path, "must set either a target raw value or a target utilization, and not both"));
  if (type === "Pods" && averageValue === undefined)
    errors.push(required(`${path}.averageValue`, "must specify a positive target averageValue"));
  if ((type === "Object" || type === "External") && (value === undefined) === (averageValue === undefined))
    errors.push(required(path, "must set either a target value or averageValue, and not both"));
  return errors;
}

type Rules = NonNullable<NonNullable<HorizontalPodAutoscalerSpec["behavior"]>["scaleUp"]>;

function rulesErrors(rules: Rules | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: window, policies } = rules;
  const errors: FieldError[] = [];
  if (window !== undefined && (window < 0 || window > windowMaxSeconds))
    errors.push(
      invalid(`${path}.stabilizationWindowSeconds`, window, `must be between 0 and ${windowMaxSeconds}`),
    );
  if (policies?.length === 0) errors.push(required(`${path}.policies`, "must specify at least one Policy"));
  for (const [index, { value, periodSeconds }] of (policies ?? []).entries()) {
    const at = `${path}.policies[${index}]`;
    if (value < 1) errors.push(invalid(`${at}.value`, value, "must be greater than zero"));
    if (periodSeconds < 1 || periodSeconds > periodMaxSeconds)
      errors.push(invalid(`${at}.periodSeconds`, periodSeconds, `must be between 1 and ${periodMaxSeconds}`));
  }
  return errors;
}
