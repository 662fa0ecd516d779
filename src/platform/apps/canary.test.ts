import { describe, expect, test } from "vitest";
import type { CanaryStatus } from "../../model/kinds/nagi/release/canary-status.ts";
import { routeMetrics, type RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { newObject } from "../../model/kind.ts";
import { countsText, countWindows, judge, stepFrom } from "./canary.ts";

const startMs = Date.parse("2026-03-01T12:00:00Z");
const settings = { steps: [5, 50], intervalMs: 60_000, maxErrorPercent: 1, maxLatencyMs: 500 };

const told = (seconds: number, targets: RouteMetrics["targets"], name = "shop"): RouteMetrics =>
  newObject<RouteMetrics>(
    routeMetrics,
    { name },
    { timestamp: new Date(startMs + seconds * 1000).toISOString(), targets },
  );
const sideOf = (pod: string): "new" | "before" | undefined =>
  pod.startsWith("next") ? "new" : pod.startsWith("left") ? undefined : "before";
const begun = stepFrom(undefined, { step: 0, weight: 5 }, { metrics: [], nowMs: startMs });
const count = (canary: CanaryStatus, ...metrics: RouteMetrics[]) => countWindows(canary, { metrics, sideOf });

describe("the windows of the router", () => {
  const window = [
    { name: "next-1", requests: 10, serverErrors: 1, p95Ms: 100 },
    { name: "old-1", requests: 90, serverErrors: 0, p95Ms: 20 },
    { name: "old-2", requests: 10, serverErrors: 0, p95Ms: 120 },
  ];

  test("are added up for the new release and for the one before", () => {
    const once = count(begun, told(10, window));
    expect(once).toMatchObject({
      requests: 10,
      serverErrors: 1,
      p95Ms: 100,
      beforeRequests: 100,
      beforeP95Ms: 30,
    });
    const twice = count(once, told(20, [{ name: "next-1", requests: 30, serverErrors: 0, p95Ms: 20 }]));
    expect(twice).toMatchObject({ requests: 40, serverErrors: 1, p95Ms: 40, beforeRequests: 100 });
    expect(countsText(twice, "v1")).toBe(
      "40 requests, 1 failed, p95 40 ms; v1: 100 requests, 0 failed, p95 30 ms",
    );
  });

  test("are counted once, and each route's by itself", () => {
    const once = count(begun, told(10, window));
    expect(count(once, told(10, window))).toEqual(once);
    expect(count(once, told(10, window), told(10, window, "shop.example.com")).requests).toBe(20);
  });

  test("say nothing by pods of neither release", () => {
    const left = { name: "left-1", requests: 50, serverErrors: 50, p95Ms: 900 };
    expect(count(begun, told(10, [...window, left]))).toEqual(count(begun, told(10, window)));
  });

  test("of before the step are not counted", () => {
    expect(count(begun, told(-5, window)).requests).toBe(0);
  });
});

describe("a step", () => {
  const after = (seconds: number, more: Partial<CanaryStatus>) =>
    judge({ ...begun, ...more }, settings, startMs + seconds * 1000);

  test.each<[string, number, Partial<CanaryStatus>, string]>([
    ["goes on until it is over", 59, { requests: 500 }, "wait"],
    ["is followed by the next", 60, { requests: 500 }, "next"],
    ["waits for the router to tell", 60, {}, "wait"],
    ["passes without a request, a little later", 75, {}, "next"],
    ["passes when only the other one is asked", 60, { beforeRequests: 3 }, "next"],
    ["stays while it is paused", 600, { requests: 500, paused: true }, "wait"],
    ["may have as many failures as are allowed", 60, { requests: 200, serverErrors: 2 }, "next"],
    ["is given up at once for too many", 10, { requests: 20, serverErrors: 1 }, "abort"],
    ["is not given up for one of few", 10, { requests: 4, serverErrors: 1 }, "wait"],
    ["is given up for one of few at its end", 60, { requests: 4, serverErrors: 1 }, "abort"],
    ["is given up for five of five", 5, { requests: 5, serverErrors: 5 }, "abort"],
    ["is given up when it is slow, paused or not", 10, { requests: 50, p95Ms: 501, paused: true }, "abort"],
  ])("%s", (_name, seconds, more, what) => {
    expect(after(seconds, more).what).toBe(what);
  });

  test("leaves its numbers behind", () => {
    const next = stepFrom(
      { ...begun, requests: 7, p95Ms: 9 },
      { step: 1, weight: 50 },
      { metrics: [], nowMs: startMs + 1 },
    );
    expect(next).toMatchObject({ weight: 50, requests: 0, steps: [{ weight: 5, requests: 7, p95Ms: 9 }] });
    expect(next).not.toHaveProperty("p95Ms");
  });
});
