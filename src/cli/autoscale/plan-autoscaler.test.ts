import { expect, test } from "vitest";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { autoscalerLines, metricText } from "./autoscaler-text.ts";
import { planAutoscaler, type AutoscaleOptions } from "./plan-autoscaler.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";

const app = newObject<App>(
  appKind,
  { name: "shop" },
  { spec: { processes: { web: { resources: { requests: { cpu: "250m" } } } } } },
);
const plan = (
  options: AutoscaleOptions,
  more: { process?: string; present?: HorizontalPodAutoscaler["spec"] } = {},
) => planAutoscaler({ app, process: more.process ?? "web", present: more.present, options });

test("options become limits and metrics, and what they do not name stays", () => {
  const first = plan({ min: 1, max: 5, cpu: "70%", requests: "50" });
  expect(first).toMatchObject({ minReplicas: 1, maxReplicas: 5, scaleTargetRef: { name: "shop-web" } });
  expect(first.metrics?.map(metricText)).toEqual(["cpu 70 %", "requests per second 50 each"]);
  const second = plan({ max: 9, cpu: "300m", idleSeconds: 60 }, { present: first });
  expect(second).toMatchObject({ minReplicas: 1, maxReplicas: 9 });
  expect(second.metrics?.map(metricText)).toEqual(["cpu 300m each", "requests per second 50 each"]);
  expect(second.behavior?.scaleDown?.stabilizationWindowSeconds).toBe(60);
});

test("what has a volume has one instance at most", () => {
  const withVolume = { ...app, spec: { volumes: [{ claim: "data", path: "/data" }] } };
  const planned = (max: number) =>
    planAutoscaler({ app: withVolume, process: "web", present: undefined, options: { min: 0, max } });
  expect(() => planned(2)).toThrow("web of shop has the volume data");
  expect(planned(1)).toMatchObject({ minReplicas: 0, maxReplicas: 1 });
});

test("what may sleep follows requests", () => {
  expect(plan({ min: 0, max: 3 }).metrics?.map(metricText)).toEqual(["requests per second 100 each"]);
  const shown = newObject<HorizontalPodAutoscaler>(
    horizontalPodAutoscaler,
    { name: "shop-web" },
    { spec: plan({ min: 0, max: 3, idleSeconds: 90 }), status: { currentReplicas: 0, desiredReplicas: 0 } },
  );
  expect(autoscalerLines("web", shown)).toEqual([
    "web: 0 to 3 instances, 0 now",
    "  requests per second 100 each: now not known",
    "  sleeps after 90 s without a request",
  ]);
});

test.each<[AutoscaleOptions, string, string]>([
  [{ cpu: "70" }, "web", "needs --max"],
  [{ min: 3, max: 2, cpu: "70" }, "web", "--max is 2: must not be less than --min, 3"],
  [{ min: 1.5, max: 2, cpu: "70" }, "web", "--min is 1.5"],
  [{ max: 5 }, "web", "needs something to follow"],
  [{ max: 5, memory: "80" }, "web", "has no memory size"],
  [{ max: 5, cpu: "fast" }, "web", '--cpu is "fast"'],
  [{ max: 5, requests: "0" }, "web", '--requests is "0"'],
  [{ max: 5, requests: "50" }, "worker", "gets no requests"],
  [{ min: 0, max: 5, cpu: "100m" }, "worker", "gets no requests"],
  [{ max: 5, cpu: "70", idleSeconds: 7200 }, "web", "an hour at most"],
])("refuses %o of %s", (options, process, message) => {
  expect(() => plan(options, { process })).toThrow(message);
});
