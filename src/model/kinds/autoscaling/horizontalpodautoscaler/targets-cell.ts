/** The metrics of an autoscaler in one cell, as kubectl shows them: `cpu: 12%/80%, memory: 40Mi/100Mi`. */

import type { HorizontalPodAutoscaler } from "./horizontalpodautoscaler.ts";
import type { MetricSpec, MetricStatus } from "./metric-spec.ts";

const shownMax = 2;

export function targetsCell({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const cells = metrics.map((metric, index) => cellOf(metric, status?.currentMetrics?.[index]));
  const more = cells.length > shownMax ? ` + ${cells.length - shownMax} more...` : "";
  return `${cells.slice(0, shownMax).join(", ")}${more}`;
}

function cellOf(metric: MetricSpec, seen: MetricStatus | undefined): string {
  const source =
    metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external;
  const current = (seen?.resource ?? seen?.containerResource ?? seen?.pods ?? seen?.object ?? seen?.external)
    ?.current;
  const { averageUtilization, averageValue, value } = source?.target ?? {};
  const prefix = metric.type === "Resource" ? `${metric.resource?.name}: ` : "";
  if (averageUtilization !== undefined) {
    const now = current?.averageUtilization;
    return `${prefix}${now === undefined ? "<unknown>" : `${now}%`}/${averageUtilization}%`;
  }
  const isAverage = averageValue !== undefined;
  const now = (isAverage ? current?.averageValue : current?.value) ?? "<unknown>";
  const suffix = isAverage && metric.type !== "Resource" && metric.type !== "Pods" ? " (avg)" : "";
  return `${prefix}${now}/${averageValue ?? value}${suffix}`;
}
