import { expect, test } from "vitest";
import type { HorizontalPodAutoscaler } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { asV1, asV2 } from "./autoscaler-v1.ts";

const stored: HorizontalPodAutoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "web" },
  spec: {
    scaleTargetRef: { kind: "Deployment", name: "web" },
    minReplicas: 2,
    maxReplicas: 9,
    metrics: [
      {
        type: "Resource",
        resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
      },
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  },
  status: {
    currentReplicas: 3,
    conditions: [],
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 12 } } }],
  },
};

test("v1 shows processor time, and what it cannot say stays through a write of it", () => {
  const seen = asV1(stored);
  expect(seen.spec).toEqual({
    scaleTargetRef: { kind: "Deployment", name: "web" },
    minReplicas: 2,
    maxReplicas: 9,
    targetCPUUtilizationPercentage: 70,
  });
  expect(seen.status).toEqual({ currentReplicas: 3, currentCPUUtilizationPercentage: 12 });
  const changed = asV2({ ...seen, spec: { ...seen.spec, targetCPUUtilizationPercentage: 50 } }, stored);
  expect(changed.spec.behavior).toEqual(stored.spec.behavior);
  expect(changed.spec.metrics).toEqual([
    { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
    stored.spec.metrics?.[0],
  ]);
});

test("v1 without a target is left to v2's default", () => {
  const { spec } = asV1(stored);
  const { targetCPUUtilizationPercentage: _none, ...bare } = spec;
  const made = asV2(
    { apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler", metadata: {}, spec: bare },
    undefined,
  );
  expect(made.spec).not.toHaveProperty("metrics");
});
