import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import type { HorizontalPodAutoscalerSpec } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/autoscaler-spec.ts";
import type { MetricTarget } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { podMetrics, type PodMetrics } from "../../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { newObject } from "../../../model/kind.ts";
import { normalise, type ScaleHistory } from "./behavior.ts";
import { decideScale, type ScaleInput } from "./decide.ts";
import { resourceReplicas } from "./replicas.ts";

const nowMs = Date.parse("2026-03-01T12:00:00Z");
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

type Shape = "ready" | "starting" | "pending" | "ended" | "leaving";

function aPod(name: string, shape: Shape = "ready", request: string | null = "100m"): Pod {
  const isOld = shape !== "starting";
  const ready = shape === "ready" ? ("True" as const) : ("False" as const);
  const requests = request === null ? {} : { requests: { cpu: request, memory: "100Mi" } };
  return newObject<Pod>(
    pod,
    { name, ...(shape === "leaving" ? { deletionTimestamp: ago(1) } : {}) },
    {
      spec: { containers: [{ name: "c", image: "i", resources: requests }] },
      status: {
        phase: shape === "pending" ? "Pending" : shape === "ended" ? "Failed" : "Running",
        startTime: ago(isOld ? 3600 : 20),
        conditions: [{ type: "Ready", status: ready, lastTransitionTime: ago(isOld ? 3500 : 10) }],
      },
    },
  );
}

const use = (name: string, cpu: string, memory = "50Mi"): PodMetrics =>
  newObject<PodMetrics>(
    podMetrics,
    { name },
    { timestamp: ago(5), window: "15s", containers: [{ name: "c", usage: { cpu, memory } }] },
  );

interface Case {
  readonly pods: readonly Pod[];
  readonly uses: Readonly<Record<string, string>>;
  readonly target?: MetricTarget;
  readonly current?: number;
  readonly resource?: string;
}

function replicas({ pods, uses, target, current = pods.length, resource = "cpu" }: Case): number | string {
  const metrics = new Map(Object.entries(uses).map(([name, cpu]) => [name, use(name, cpu)]));
  const wanted = target ?? { type: "Utilization", averageUtilization: 50 };
  const outcome = resourceReplicas({ resource, target: wanted, pods, metrics, current, nowMs });
  return outcome.ok ? outcome.replicas : outcome.message;
}

const two = [aPod("a"), aPod("b")];

describe("the number of pods that a metric asks for", () => {
  test.each<[string, Case, number | string]>([
    ["grows with use", { pods: two, uses: { a: "100m", b: "100m" } }, 4],
    ["shrinks with use", { pods: two, uses: { a: "10m", b: "10m" } }, 1],
    ["stays within a tenth", { pods: two, uses: { a: "55m", b: "55m" } }, 2],
    ["grows beyond a tenth", { pods: two, uses: { a: "56m", b: "56m" } }, 3],
    [
      "takes a pod without metrics for idle when it grows",
      { pods: [...two, aPod("c")], uses: { a: "150m", b: "150m" } },
      6,
    ],
    ["takes it for busy when it shrinks", { pods: [...two, aPod("c")], uses: { a: "10m", b: "10m" } }, 3],
    ["does not turn round for it", { pods: [...two, aPod("c"), aPod("d")], uses: { a: "60m", b: "60m" } }, 4],
    [
      "does not look at what a starting pod uses",
      { pods: [...two, aPod("c", "starting")], uses: { a: "100m", b: "100m", c: "900m" } },
      4,
    ],
    [
      "counts a pending pod as idle when it grows",
      { pods: [...two, aPod("c", "pending")], uses: { a: "100m", b: "100m" } },
      4,
    ],
    [
      "leaves out pods that end",
      {
        pods: [...two, aPod("c", "leaving"), aPod("d", "ended")],
        uses: { a: "100m", b: "100m" },
        current: 2,
      },
      4,
    ],
    [
      "follows an amount",
      { pods: two, uses: { a: "100m", b: "200m" }, target: { type: "AverageValue", averageValue: "50m" } },
      6,
    ],
    [
      "follows memory",
      {
        pods: two,
        uses: { a: "1m", b: "1m" },
        target: { type: "Utilization", averageUtilization: 25 },
        resource: "memory",
      },
      4,
    ],
    [
      "needs requests for a share",
      { pods: [aPod("a", "ready", null)], uses: { a: "1" } },
      "missing request for cpu in container c of Pod a",
    ],
    [
      "needs metrics",
      { pods: two, uses: {} },
      "did not receive metrics for targeted pods (pods might be unready)",
    ],
  ])("%s", (_name, given, wanted) => {
    expect(replicas(given)).toBe(wanted);
  });
});

const none: ScaleHistory = { recommendations: [], events: [] };
const spec = (more: Partial<HorizontalPodAutoscalerSpec> = {}): HorizontalPodAutoscalerSpec => ({
  scaleTargetRef: { kind: "Deployment", name: "web" },
  minReplicas: 1,
  maxReplicas: 50,
  ...more,
});
const paced = (current: number, wanted: number, history: Partial<ScaleHistory> = {}, more = {}) =>
  normalise({ spec: spec(more), current, wanted, history: { ...none, ...history }, nowMs });

describe("how fast the number may change", () => {
  test("up by four pods or by all again in 15 seconds, whichever is more", () => {
    expect(paced(1, 40)).toEqual({ replicas: 5, limit: "ScaleUpLimit", stabilised: false });
    expect(paced(10, 40).replicas).toBe(20);
    const events = [{ atMs: nowMs - 10_000, change: 4 }];
    expect(paced(5, 40, { events }).replicas).toBe(5);
    expect(paced(5, 40, { events: [{ atMs: nowMs - 16_000, change: 4 }] }).replicas).toBe(10);
  });

  test("down only when no more was wanted for five minutes", () => {
    const wantedAt = (seconds: number) => ({
      recommendations: [{ atMs: nowMs - seconds * 1000, replicas: 8 }],
    });
    expect(paced(10, 2, wantedAt(299))).toEqual({ replicas: 8, limit: undefined, stabilised: true });
    expect(paced(10, 2, wantedAt(301)).replicas).toBe(2);
  });

  test("by the rules of the autoscaler", () => {
    const policies = [{ type: "Pods" as const, value: 1, periodSeconds: 60 }];
    expect(paced(5, 20, {}, { behavior: { scaleUp: { policies } } }).replicas).toBe(6);
    const still = { behavior: { scaleDown: { selectPolicy: "Disabled" as const } } };
    expect(paced(5, 1, {}, still)).toMatchObject({ replicas: 5, limit: "ScaleDownLimit" });
  });

  test("and never leaves the limits, nor passes what was wanted", () => {
    const number = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(number, number, fc.array(number), (from, wanted, recommended) => {
        const limits = { minReplicas: 3, maxReplicas: 20 };
        const current = Math.min(20, Math.max(3, from));
        const recommendations = recommended.map((each, index) => ({
          atMs: nowMs - index * 30_000,
          replicas: each,
        }));
        const next = paced(current, wanted, { recommendations }, limits).replicas;
        expect(next).toBeGreaterThanOrEqual(3);
        expect(next).toBeLessThanOrEqual(20);
        if (next > current) expect(next).toBeLessThanOrEqual(Math.max(wanted, 3));
        if (next < current) expect(next).toBeGreaterThanOrEqual(Math.min(wanted, 20));
      }),
    );
  });
});

function autoscaler(more: Partial<HorizontalPodAutoscalerSpec> = {}): HorizontalPodAutoscaler {
  const made = newObject<HorizontalPodAutoscaler>(
    horizontalPodAutoscaler,
    { name: "web" },
    { spec: spec(more) },
  );
  horizontalPodAutoscaler.applyDefaults?.(made);
  return made;
}

describe("a decision", () => {
  const metrics = new Map([
    ["a", use("a", "200m")],
    ["b", use("b", "200m")],
  ]);
  const given = {
    autoscaler: autoscaler(),
    target: { current: 2 },
    pods: two,
    metrics,
    history: none,
    nowMs,
  };
  const texts = (input: Partial<ScaleInput>) => {
    const { change, status, conditions } = decideScale({ ...given, ...input });
    return {
      change,
      to: status.desiredReplicas,
      says: conditions.map(({ type, reason }) => `${type} ${reason}`),
    };
  };

  test("grows, and says why", () => {
    expect(texts({})).toEqual({
      change: 3,
      to: 5,
      says: [
        "AbleToScale SucceededRescale",
        "ScalingActive ValidMetricFound",
        "ScalingLimited DesiredWithinRange",
      ],
    });
    expect(decideScale(given).reason).toBe("cpu resource utilization (percentage of request) above target");
  });

  test("leaves alone what has no pods, and what it knows nothing of", () => {
    expect(texts({ target: { current: 0 } })).toMatchObject({ change: undefined });
    expect(texts({ metrics: new Map() })).toMatchObject({
      change: undefined,
      says: ["AbleToScale SucceededGetScale", "ScalingActive FailedGetResourceMetric"],
    });
    expect(texts({ target: undefined }).says).toEqual(["AbleToScale FailedGetScale"]);
  });

  test("does not shrink while one of its metrics is not known, but grows", () => {
    const external = {
      type: "External" as const,
      external: { metric: { name: "queue" }, target: { type: "Value" as const, value: "1" } },
    };
    const both = autoscaler({ metrics: [...(autoscaler().spec.metrics ?? []), external] });
    expect(texts({ autoscaler: both }).change).toBe(3);
    const idle = new Map([
      ["a", use("a", "1m")],
      ["b", use("b", "1m")],
    ]);
    expect(texts({ autoscaler: both, metrics: idle }).change).toBeUndefined();
  });

  test("brings a number outside of the limits back at once", () => {
    expect(texts({ autoscaler: autoscaler({ minReplicas: 4, maxReplicas: 9 }) })).toMatchObject({ to: 4 });
    expect(texts({ target: { current: 60 } })).toMatchObject({ to: 50, change: -10 });
  });
});

test("the columns are kubectl's", () => {
  const made = autoscaler();
  const cells = () => horizontalPodAutoscaler.columns.map(({ value }) => value(made, { nowMs }));
  expect(cells()).toEqual(["Deployment/web", "cpu: <unknown>/80%", "1", 50, 0]);
  made.status = {
    currentReplicas: 2,
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 12 } } }],
  };
  expect(cells()).toEqual(["Deployment/web", "cpu: 12%/80%", "1", 50, 2]);
});

test("what cannot be is refused, with the field", () => {
  const refused = (more: Partial<HorizontalPodAutoscalerSpec>) =>
    horizontalPodAutoscaler.validate?.(autoscaler(more)).map(({ path }) => path);
  expect(refused({ minReplicas: 5, maxReplicas: 4 })).toEqual(["spec.maxReplicas"]);
  expect(refused({ metrics: [{ type: "Resource" }] })).toEqual(["spec.metrics[0].resource"]);
  const policies = [{ type: "Pods" as const, value: 0, periodSeconds: 4000 }];
  expect(refused({ behavior: { scaleUp: { policies } } })).toEqual([
    "spec.behavior.scaleUp.policies[0].value",
    "spec.behavior.scaleUp.policies[0].periodSeconds",
  ]);
});
