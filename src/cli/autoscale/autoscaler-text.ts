/** An autoscaler in plain words. Pure. */

import type { HorizontalPodAutoscaler } from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import type {
  MetricSpec,
  MetricStatus,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import { requestsServiceOf } from "../../model/kinds/autoscaling/horizontalpodautoscaler/requests-metric.ts";
import { findCondition } from "../../model/conditions.ts";

/** What it follows: `cpu 70 %`, `50 requests per second each`. */
export function metricText(metric: MetricSpec): string {
  const { resource } = metric;
  const { target } = sourceOf(metric) ?? {};
  if (resource !== undefined) {
    const { averageUtilization, averageValue } = resource.target;
    return `${resource.name} ${averageUtilization === undefined ? `${averageValue} each` : `${averageUtilization} %`}`;
  }
  const wanted = target?.averageValue === undefined ? target?.value : `${target.averageValue} each`;
  if (requestsServiceOf(metric) !== undefined) return `requests per second ${wanted}`;
  const source = sourceOf(metric);
  return `${source !== undefined && "metric" in source ? source.metric.name : metric.type} ${wanted}`;
}

function sourceOf(metric: MetricSpec) {
  return metric.resource ?? metric.containerResource ?? metric.object ?? metric.pods ?? metric.external;
}

function seenText(seen: MetricStatus | undefined): string {
  const current = (seen?.resource ?? seen?.containerResource ?? seen?.object ?? seen?.pods ?? seen?.external)
    ?.current;
  if (current === undefined) return "not known";
  if (current.averageUtilization !== undefined) return `${current.averageUtilization} %`;
  return current.averageValue ?? current.value ?? "not known";
}

/** Lines about one process type. */
export function autoscalerLines(
  process: string,
  { spec, status = {} }: HorizontalPodAutoscaler,
): readonly string[] {
  const { minReplicas = 1, maxReplicas, metrics = [], behavior } = spec;
  const { currentReplicas = 0, desiredReplicas = currentReplicas, conditions } = status;
  const toward = desiredReplicas === currentReplicas ? "" : `, on the way to ${desiredReplicas}`;
  const idle = behavior?.scaleDown?.stabilizationWindowSeconds ?? 300;
  const active = findCondition(conditions, "ScalingActive");
  const limited = findCondition(conditions, "ScalingLimited");
  return [
    `${process}: ${minReplicas} to ${maxReplicas} instances, ${currentReplicas} now${toward}`,
    ...metrics.map(
      (metric, index) => `  ${metricText(metric)}: now ${seenText(status.currentMetrics?.[index])}`,
    ),
    minReplicas === 0 ? `  sleeps after ${idle} s without a request` : `  fewer after ${idle} s of less`,
    ...(active?.status === "False" && active.message !== undefined ? [`  ${active.message}`] : []),
    ...(limited?.status === "True" && limited.message !== undefined ? [`  ${limited.message}`] : []),
  ];
}
