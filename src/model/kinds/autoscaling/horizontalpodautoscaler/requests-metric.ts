/** The metric of a Service that the router measures: requests per second, those of all routes that lead to it. */

import type { MetricSpec } from "./metric-spec.ts";

export const requestsMetric = "requests-per-second";

/** What a number of requests per second and instance is wanted as; `rate` is a quantity. */
export function requestsPerInstance(serviceName: string, rate: string): MetricSpec {
  return {
    type: "Object",
    object: {
      describedObject: { apiVersion: "v1", kind: "Service", name: serviceName },
      metric: { name: requestsMetric },
      target: { type: "AverageValue", averageValue: rate },
    },
  };
}

/** The Service whose requests the metric is; undefined for any other metric. */
export function requestsServiceOf({ object }: MetricSpec): string | undefined {
  if (object?.metric.name !== requestsMetric) return undefined;
  const { apiVersion = "v1", kind, name } = object.describedObject;
  return apiVersion === "v1" && kind === "Service" ? name : undefined;
}
