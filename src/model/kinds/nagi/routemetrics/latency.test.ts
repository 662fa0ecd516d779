import { expect, test } from "vitest";
import { addLatency, emptyLatencies, latencyBoundsMs, latencyPercentile } from "./latency.ts";

function countsOf(times: readonly number[]): number[] {
  const counts = emptyLatencies();
  for (const each of times) addLatency(counts, each);
  return counts;
}

test("a percentile lies between the bounds around it", () => {
  const counts = countsOf([...Array.from({ length: 90 }, () => 4), ...Array.from({ length: 10 }, () => 800)]);
  expect(latencyPercentile(counts, 50)).toBeGreaterThan(3);
  expect(latencyPercentile(counts, 50)).toBeLessThanOrEqual(5);
  expect(latencyPercentile(counts, 95)).toBeGreaterThan(700);
  expect(latencyPercentile(counts, 95)).toBeLessThanOrEqual(1000);
});

test("none has no percentile, and what is longer than all bounds is the largest", () => {
  expect(latencyPercentile(emptyLatencies(), 95)).toBeUndefined();
  expect(latencyPercentile(countsOf([10 ** 7]), 50)).toBe(latencyBoundsMs.at(-1));
  expect(latencyPercentile(countsOf([0]), 99)).toBe(1);
});

test("a weight stands for requests that were not written down", () => {
  const counts = emptyLatencies();
  addLatency(counts, 1, 50);
  addLatency(counts, 5000, 1);
  expect(latencyPercentile(counts, 95)).toBe(1);
});
