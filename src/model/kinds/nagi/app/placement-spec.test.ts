import { expect, test } from "vitest";
import { placementSpec } from "./placement-spec.ts";

const web = { "nagi.dev/app": "shop", "nagi.dev/process": "web" };

test("nothing said: the scheduler's own ways", () => {
  expect(placementSpec(undefined, web)).toEqual({});
  expect(placementSpec({}, web)).toEqual({});
});

test("a pool is a demand, and opens a pool that is reserved", () => {
  expect(placementSpec({ pool: "fast" }, web)).toEqual({
    nodeSelector: { "nagi.dev/pool": "fast" },
    tolerations: [{ key: "nagi.dev/pool", operator: "Equal", value: "fast", effect: "NoSchedule" }],
  });
});

test("a priority is the class of that name", () => {
  expect(placementSpec({ priority: "urgent" })).toEqual({ priorityClassName: "urgent" });
});

test("pools that are avoided", () => {
  const { affinity } = placementSpec({ avoid: ["gpu", "old"] });
  expect(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms).toEqual([
    { matchExpressions: [{ key: "nagi.dev/pool", operator: "NotIn", values: ["gpu", "old"] }] },
  ]);
});

test.each([
  [{ spread: "node" as const }, ["kubernetes.io/hostname ScheduleAnyway"]],
  [
    { spread: "zone" as const, strict: true },
    ["topology.kubernetes.io/zone DoNotSchedule", "kubernetes.io/hostname ScheduleAnyway"],
  ],
])("%j divides the instances", (placement, expected) => {
  const constraints = placementSpec(placement, web).topologySpreadConstraints ?? [];
  expect(
    constraints.map(({ topologyKey, whenUnsatisfiable }) => `${topologyKey} ${whenUnsatisfiable}`),
  ).toEqual(expected);
  for (const { labelSelector, matchLabelKeys } of constraints) {
    expect(labelSelector).toEqual({ matchLabels: web });
    expect(matchLabelKeys).toEqual(["pod-template-hash"]);
  }
  expect(placementSpec(placement).topologySpreadConstraints).toBeUndefined();
});
