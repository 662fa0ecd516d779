import { describe, expect, test } from "vitest";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { requestsPerInstance } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/requests-metric.ts";
import { routeMetrics, type RouteMetrics } from "../../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { ingress, type Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import { route, type Route } from "../../../model/kinds/route/route/route.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../../model/kind.ts";
import { decideScale, type ScaleInput } from "./decide.ts";
import { rateReplicas, serviceRate } from "./rates.ts";

const nowMs = Date.parse("2026-03-01T12:00:00Z");
const leading = (name: string, to: string): Route =>
  newObject<Route>(route, { name }, { spec: { to: { name: to } } });
const told = (rate: string, open = 0, ageSeconds = 5): RouteMetrics =>
  newObject<RouteMetrics>(
    routeMetrics,
    { name: "r" },
    { requestsPerSecond: rate, open, timestamp: new Date(nowMs - ageSeconds * 1000).toISOString() },
  );

describe("the requests of a Service", () => {
  const routes = [leading("a", "shop"), leading("b", "shop"), leading("c", "other")];
  const rate = (metrics: Record<string, RouteMetrics>) =>
    serviceRate("shop", { routes, metrics: new Map(Object.entries(metrics)), nowMs });

  test("are those of all routes that lead to it", () => {
    expect(rate({ a: told("2"), b: told("500m"), c: told("9") })).toBe(2500);
    expect(rate({})).toBe(0);
    expect(serviceRate("none", { routes, metrics: new Map(), nowMs })).toBeUndefined();
  });

  test("are those of Ingresses, too", () => {
    const backend = { service: { name: "shop", port: { number: 80 } } };
    const path = { path: "/", pathType: "Prefix" as const, backend };
    const spec = { rules: [{ host: "shop.example", http: { paths: [path] } }] };
    const ingresses = [newObject<Ingress>(ingress, { name: "shop" }, { spec })];
    const of = (metrics: Record<string, RouteMetrics>, given = ingresses, leads: Route[] = []) =>
      serviceRate("shop", {
        routes: leads,
        ingresses: given,
        metrics: new Map(Object.entries(metrics)),
        nowMs,
      });
    const labelled = { ...told("3"), metadata: { name: "i", labels: { "nagi.dev/service": "shop" } } };
    expect(of({})).toBe(0);
    expect(of({ i: labelled })).toBe(3000);
    expect(of({ i: labelled, a: told("2") }, ingresses, routes)).toBe(5000);
    expect(of({ i: labelled }, [])).toBeUndefined();
  });

  test("are not known when they were told too long ago, but none is none", () => {
    expect(rate({ a: told("2", 0, 61) })).toBeUndefined();
    expect(rate({ a: told("0", 0, 3600) })).toBe(0);
  });

  test("are not none while one is under way", () => {
    expect(rate({ a: told("0", 1) })).toBe(1);
  });
});

test.each<[string, number, number, number]>([
  ["none is for none", 0, 3, 0],
  ["the least is for one", 1, 0, 1],
  ["grows", 175_000, 2, 4],
  ["stays within a tenth", 105_000, 2, 2],
  ["shrinks", 20_000, 4, 1],
])("a rate asks for instances: %s", (_name, milli, current, wanted) => {
  expect(rateReplicas(milli, { type: "AverageValue", averageValue: "50" }, current)).toBe(wanted);
});

describe("what may sleep", () => {
  const autoscaler = newObject<HorizontalPodAutoscaler>(
    horizontalPodAutoscaler,
    { name: "shop-web" },
    {
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "shop-web" },
        minReplicas: 0,
        maxReplicas: 3,
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
          },
          requestsPerInstance("shop", "50"),
        ],
        behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
      },
    },
  );
  const at = (seconds: number, replicas: number) => ({ atMs: nowMs - seconds * 1000, replicas });
  const to = (
    current: number,
    rate: number | undefined,
    recommendations: ReturnType<typeof at>[] = [],
    pods: ScaleInput["pods"] = [],
  ) =>
    decideScale({
      autoscaler,
      target: { current },
      pods,
      metrics: new Map(),
      rates: new Map([["shop", rate]]),
      history: { recommendations, events: [] },
      nowMs,
    } satisfies ScaleInput).change;

  test("sleeps when nothing came for the whole time, whatever its pods use", () => {
    expect(to(1, 0, [at(45, 0), at(15, 0)])).toBe(-1);
    expect(to(1, 0, [at(45, 1), at(15, 0)])).toBeUndefined();
  });

  test("does not sleep when the requests are not known", () => {
    expect(to(1, undefined, [at(45, 0)])).toBeUndefined();
  });

  test("does not fall asleep while a pod of it starts", () => {
    const starting = newObject<Pod>(
      pod,
      { name: "a" },
      { spec: { containers: [] }, status: { phase: "Running" } },
    );
    expect(to(1, 0, [at(45, 0)], [starting])).toBeUndefined();
  });

  test("is woken by others", () => {
    expect(to(0, 5000, [at(15, 0)])).toBeUndefined();
  });
});
