import { expect, test } from "vitest";
import type { AppMetrics, MetricStep } from "../../model/app-metrics.ts";
import { sparkline } from "./chart.ts";
import { metricsText } from "./metrics-text.ts";

test("a chart is as tall as its largest number, and keeps peaks when it is narrow", () => {
  expect(sparkline([0, 1, 2, 4, 8], 10)).toBe("▁▂▃▅█");
  expect(sparkline([0, 0, 0], 10)).toBe("▁▁▁");
  expect(sparkline([undefined, 1], 10)).toBe(" █");
  expect(sparkline([0, 0, 0, 9, 0, 0, 0, 0], 4)).toBe("▁█▁▁");
  expect(sparkline([], 4)).toBe("");
});

function metrics(steps: readonly MetricStep[]): AppMetrics {
  const overall = { requests: 40, errors: 2, p50Ms: 5, p95Ms: 1500, p99Ms: 1500 };
  return { app: "shop", namespace: "default", stepSeconds: 15, time: "", steps, overall };
}

const web = {
  instances: 2,
  cpuMillis: 120.4,
  memoryBytes: 64_000_000,
  throttledMillis: 0,
  receivedBytes: 1500,
  sentBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  restarts: 1,
};

test("numbers in a table, with charts where there is a terminal", () => {
  const steps = [
    { requestsPerSecond: 0, errorShare: 0, processes: {} },
    { requestsPerSecond: 2, errorShare: 0.05, p50Ms: 5, p95Ms: 1500, p99Ms: 1500, processes: { web } },
  ];
  const plain = metricsText(metrics(steps), { width: undefined });
  expect(plain).toContain(
    "shop, last 30s: 40 requests, 2 errors (5.0%); half within 5ms, 95 % within 1.5s, 99 % within 1.5s",
  );
  expect(plain).toMatch(/^requests\/s +2\.0 +1\.0 +2\.0$/m);
  expect(plain).toMatch(/^web memory +64MB +64MB +64MB$/m);
  expect(plain).toMatch(/^web network in +1\.5kB\/s /m);
  expect(plain).not.toContain("█");
  expect(plain).not.toContain("disk read");
  expect(metricsText(metrics(steps), { width: 100 })).toMatch(/^requests\/s +▁█ +2\.0/m);
  expect(metricsText(metrics([]), { width: 100 })).toContain("Nothing has been measured of shop yet");
});
