/**
 * Requests per second of Services, from what the router told of the routes that lead to them. Pure.
 */

import { requestsServiceOf } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/requests-metric.ts";
import type {
  MetricSpec,
  MetricTarget,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import type { Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import {
  servedServiceLabel,
  type RouteMetrics,
} from "../../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { Route } from "../../../model/kinds/route/route/route.ts";
import { milliValue } from "../../../model/quantity.ts";

/** As of pods' metrics: this near to what is wanted, nothing changes. */
const tolerance = 0.1;
/** What is told of a route that has requests is never older, while there is a router that tells. */
const staleMs = 60_000;

export interface RateInput {
  readonly routes: readonly Route[];
  readonly ingresses?: readonly Ingress[] | undefined;
  /** By the route's name. */
  readonly metrics: ReadonlyMap<string, RouteMetrics>;
  readonly nowMs: number;
}

/** In thousandths; undefined when no route or Ingress leads to the Service, or what is known of one is too old. */
export function serviceRate(
  service: string,
  { routes, ingresses = [], metrics, nowMs }: RateInput,
): number | undefined {
  const leading = routes.filter(({ spec }) => spec.to.name === service);
  if (leading.length === 0 && !ingresses.some((each) => servicesOf(each).includes(service))) return undefined;
  // Of what never had a request nothing is told.
  const told = [
    ...leading.flatMap(({ metadata }) => metrics.get(metadata.name ?? "") ?? []),
    ...[...metrics.values()].filter(({ metadata }) => metadata.labels?.[servedServiceLabel] === service),
  ];
  let sum = 0;
  for (const each of told) {
    const rate = rateOf(each);
    if (rate > 0 && nowMs - Date.parse(each.timestamp ?? "") > staleMs) return undefined;
    sum += rate;
  }
  return sum;
}

function servicesOf({ spec: { rules = [], defaultBackend } }: Ingress): string[] {
  const backends = [
    ...rules.flatMap(({ http }) => http?.paths ?? []).map(({ backend }) => backend),
    defaultBackend,
  ];
  return backends.flatMap((each) => each?.service?.name ?? []);
}

/** What is under way counts a little, so that nothing with an open web socket or a long download is idle. */
function rateOf({ requestsPerSecond = "0", open = 0 }: RouteMetrics): number {
  return Math.max(milliValue(requestsPerSecond), open > 0 ? 1 : 0);
}

/** How many pods a rate asks for; 0 only when there is none at all. */
export function rateReplicas(milli: number, { value, averageValue }: MetricTarget, current: number): number {
  if (milli === 0) return 0;
  if (averageValue !== undefined) {
    const each = milliValue(averageValue);
    return isNear(milli / (each * current)) ? current : Math.ceil(milli / each - 1e-9);
  }
  const ratio = milli / milliValue(value ?? "1");
  return isNear(ratio) ? Math.max(1, current) : Math.ceil(ratio * Math.max(1, current) - 1e-9);
}

function isNear(ratio: number): boolean {
  return Math.abs(1 - ratio) <= tolerance + 1e-9;
}

/** The rates that the metrics are about, by the name of the Service. */
export function ratesOf(
  metrics: readonly MetricSpec[],
  input: RateInput,
): ReadonlyMap<string, number | undefined> {
  const services = metrics.flatMap((metric) => requestsServiceOf(metric) ?? []);
  return new Map(services.map((name) => [name, serviceRate(name, input)]));
}
