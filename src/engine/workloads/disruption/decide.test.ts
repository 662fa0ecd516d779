import { expect, test } from "vitest";
import type { PodDisruptionBudgetSpec } from "../../../model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import { podDisruptionBudget } from "../../../model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import { newObject } from "../../../model/kind.ts";
import { aPod } from "../../../model/testing/builders.ts";
import { decideBudget } from "./decide.ts";

const nowMs = Date.parse("2026-01-01T00:10:00Z");
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

function pods(states: string) {
  return Array.from(states).map((state, index) =>
    aPod({
      metadata: {
        name: `p${index}`,
        ...(state === "g" ? { deletionTimestamp: ago(1) } : {}),
      },
      status: { conditions: [{ type: "Ready", status: state === "-" ? "False" : "True" }] },
    }),
  );
}

interface Case {
  readonly name: string;
  readonly spec: PodDisruptionBudgetSpec;
  /** One letter a pod: r ready, - not ready, g going. */
  readonly states: string;
  readonly scale?: number;
  readonly disrupted?: Record<string, string>;
  /** allowed, healthy, desired, expected */
  readonly expected: readonly number[];
}

test.each<Case>([
  { name: "minAvailable counts pods", spec: { minAvailable: 2 }, states: "rrr-", expected: [1, 3, 2, 4] },
  { name: "nothing below nothing", spec: { minAvailable: 2 }, states: "r", expected: [0, 1, 2, 1] },
  {
    name: "a share of what is wanted, rounded up",
    spec: { minAvailable: "50%" },
    states: "rrr",
    scale: 5,
    expected: [0, 3, 3, 5],
  },
  {
    name: "maxUnavailable of what is wanted",
    spec: { maxUnavailable: 1 },
    states: "rrr",
    scale: 3,
    expected: [1, 3, 2, 3],
  },
  {
    name: "maxUnavailable as a share, rounded up",
    spec: { maxUnavailable: "30%" },
    states: "rrr",
    scale: 4,
    expected: [1, 3, 2, 4],
  },
  { name: "a pod on its way out", spec: { minAvailable: 1 }, states: "rg", expected: [0, 1, 1, 2] },
  { name: "no pods", spec: { minAvailable: 0 }, states: "", expected: [0, 0, 0, 0] },
  {
    name: "an eviction that was granted",
    spec: { minAvailable: 1 },
    states: "rr",
    disrupted: { p0: ago(5), gone: ago(5) },
    expected: [0, 1, 1, 2],
  },
  {
    name: "an eviction that failed",
    spec: { minAvailable: 1 },
    states: "rr",
    disrupted: { p0: ago(200) },
    expected: [1, 2, 1, 2],
  },
])("$name", ({ spec, states, scale = 0, disrupted, expected }) => {
  const status = disrupted === undefined ? {} : { disruptedPods: disrupted };
  const budget = newObject(podDisruptionBudget, { name: "b", namespace: "default" }, { spec, status });
  const report = decideBudget({ budget, pods: pods(states), scale: () => scale, nowMs });
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = report.status;
  expect([disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods]).toEqual(expected);
});

test("an eviction that was granted is looked at again when it counts as failed", () => {
  const status = { disruptedPods: { p0: ago(20), p1: ago(200) } };
  const budget = newObject(podDisruptionBudget, { name: "b" }, { spec: { minAvailable: 1 }, status });
  const report = decideBudget({ budget, pods: pods("rrg"), scale: () => 0, nowMs });
  expect(report.recheckInMs).toBe(100_000);
  expect(report.status.disruptedPods).toEqual({ p0: ago(20) });
});
