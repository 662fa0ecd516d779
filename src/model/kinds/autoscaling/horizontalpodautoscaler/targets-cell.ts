/** The metrics of an autoscaler in one cell, as kubectl shows them: `cpu: 12%/80%, memory: 40Mi/100Mi`. */

import type { HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus } from "./autoscaler-spec.ts";
import type { MetricSpec, MetricStatus, MetricTarget, MetricValue } from "./metric-spec.ts";

const shownMax = 2;

export function targetsCell({
  spec,
  status,
}: {
  readonly spec: HorizontalPodAutoscalerSpec;
  readonly status?: HorizontalPodAutoscalerStatus | undefined;
}): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const cells = metrics.map((metric, index) => cellOf(metric, status?.currentMetrics?.[index]));
  const more = cells.length > shownMax ? ` + ${cells.length - shownMax} more...` : "";
  return `${cells.slice(0, shownMax).join(", ")}${more}`;
}

function cellOf(metric: MetricSpec, seen: MetricStatus | undefined): string {
  const { averageUtilization, averageValue, value } = sourceOf(metric)?.target ?? {};
  const current = seen === undefined ? undefined : seenOf(seen)?.current;
  const prefix = metric.type === "Resource" ? `${metric.resource?.name}: ` : "";
  if (averageUtilization !== undefined) {
    const now = current?.averageUtilization;
    return `${prefix}${now === undefined ? "<unknown>" : `${now}%`}/${averageUtilization}%`;
  }
  const now = (averageValue === undefined ? current?.value : current?.averageValue) ?? "<unknown>";
  const isShared = metric.type === "Object" || metric.type === "External";
  const suffix = averageValue !== undefined && isShared ? " (avg)" : "";
  return `${prefix}${now}/${averageValue ?? value}${suffix}`;
}

/** The one of its fields that is there. */
function sourceOf(metric: MetricSpec): { readonly target: MetricTarget } | undefined {
  return metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external;
}

function seenOf(metric: MetricStatus): { readonly current: MetricValue } | undefined {
  return metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external;
}
