/** What one metric of an autoscaler asks for. Pure. */

import type {
  MetricSpec,
  MetricStatus,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import {
  requestsMetric,
  requestsServiceOf,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/requests-metric.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { PodMetrics } from "../../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { byteQuantity, milliQuantity } from "../../../model/quantity.ts";
import { rateReplicas } from "./rates.ts";
import { resourceReplicas, type ResourceOutcome } from "./replicas.ts";

export interface MeasureInput {
  readonly pods: readonly Pod[];
  /** By the pod's name. */
  readonly metrics: ReadonlyMap<string, PodMetrics>;
  /** Requests per second in thousandths, by the name of the Service; what is not known is undefined. */
  readonly rates?: ReadonlyMap<string, number | undefined> | undefined;
  readonly nowMs: number;
}

export interface Measured {
  readonly replicas: number | undefined;
  readonly status: MetricStatus | undefined;
  readonly description: string;
  readonly problem: string | undefined;
  /** What the pods use, not what they are asked for. */
  readonly isOfPods: boolean;
}

export function measure(metric: MetricSpec, current: number, input: MeasureInput): Measured {
  const { pods, metrics, nowMs } = input;
  const source = metric.resource ?? metric.containerResource;
  const service = requestsServiceOf(metric);
  if (service !== undefined) return measureRate(metric, service, { current, rates: input.rates });
  if (source === undefined) {
    const problem = `metrics of type ${metric.type} are not served here, apart from ${requestsMetric} of a Service; Resource and ContainerResource are`;
    return { replicas: undefined, status: undefined, description: metric.type, problem, isOfPods: false };
  }
  const isOfPods = true;
  const { name: resource, target } = source;
  const container = metric.containerResource?.container;
  const outcome = resourceReplicas({ resource, container, target, pods, metrics, current, nowMs });
  const isShare = target.averageUtilization !== undefined;
  const of = container === undefined ? resource : `${resource} of container ${container}`;
  const description = `${of} resource${isShare ? " utilization (percentage of request)" : ""}`;
  if (!outcome.ok)
    return {
      replicas: undefined,
      status: undefined,
      description,
      isOfPods,
      problem: `failed to get ${of} ${isShare ? "utilization" : "usage"}: ${outcome.message}`,
    };
  const seen = { name: resource, current: valueOf(resource, outcome) };
  const status: MetricStatus =
    container === undefined
      ? { type: "Resource", resource: seen }
      : { type: "ContainerResource", containerResource: { ...seen, container } };
  return { replicas: outcome.replicas, status, description, isOfPods, problem: undefined };
}

function valueOf(resource: string, { averageMilli, utilization }: Extract<ResourceOutcome, { ok: true }>) {
  const averageValue =
    resource === "cpu" ? milliQuantity(averageMilli) : byteQuantity(Math.round(averageMilli / 1000));
  return { averageValue, ...(utilization === undefined ? {} : { averageUtilization: utilization }) };
}

interface RateGiven {
  readonly current: number;
  readonly rates: MeasureInput["rates"];
}

function measureRate({ object }: MetricSpec, service: string, { current, rates }: RateGiven): Measured {
  const description = `${requestsMetric} of Service ${service}`;
  const known = { description, isOfPods: false };
  const milli = rates?.get(service);
  if (milli === undefined || object === undefined) {
    const problem = `the router tells of no requests of Service ${service}: does a route lead to it? See: kubectl get routes,routemetrics`;
    return { ...known, replicas: undefined, status: undefined, problem };
  }
  const value =
    object.target.averageValue === undefined
      ? { value: milliQuantity(milli) }
      : { averageValue: milliQuantity(Math.round(milli / Math.max(1, current))) };
  const { metric, describedObject } = object;
  return {
    ...known,
    replicas: rateReplicas(milli, object.target, current),
    status: { type: "Object", object: { metric, describedObject, current: value } },
    problem: undefined,
  };
}
