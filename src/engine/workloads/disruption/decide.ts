/**
 * What a disruption budget allows now. Pure.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
 */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { PodDisruptionBudget } from "../../../model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import { resolveIntOrPercent } from "../shared/int-or-percent.ts";
import { isReady, soonest, timeMs } from "../shared/pods.ts";

/** A granted eviction whose pod is still there after this has failed: the pod counts again. */
export const evictionTimeoutMs = 120_000;

export interface BudgetWorld {
  readonly budget: PodDisruptionBudget;
  /** Those that the budget is about. */
  readonly pods: readonly Pod[];
  /** How many pods their owners want together; asked for only where the budget is a share of it. */
  readonly scale: () => number;
  readonly nowMs: number;
}

type BudgetStatus = NonNullable<PodDisruptionBudget["status"]>;

export interface BudgetReport {
  /** Without its conditions. */
  readonly status: BudgetStatus;
  /** When an eviction that was granted counts as failed. */
  readonly recheckInMs: number | undefined;
}

export function decideBudget(world: BudgetWorld): BudgetReport {
  const { budget, pods } = world;
  const { expected, desired } = demands(world);
  const { disruptedPods, recheckInMs } = stillDisrupted(world);
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      !Object.hasOwn(disruptedPods, pod.metadata.name ?? "") &&
      isReady(pod),
  ).length;
  const disruptionsAllowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const status = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    disruptionsAllowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
  };
  return { status, recheckInMs };
}

function demands({ budget, pods, scale }: BudgetWorld): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const expected = scale();
    return { expected, desired: Math.max(0, expected - resolveIntOrPercent(maxUnavailable, expected, "up")) };
  }
  if (typeof minAvailable === "string") {
    const expected = scale();
    return { expected, desired: resolveIntOrPercent(minAvailable, expected, "up") };
  }
  return { expected: pods.length, desired: minAvailable ?? 1 };
}

/** Granted evictions whose pods are still to go. */
function stillDisrupted({ budget, pods, nowMs }: BudgetWorld): {
  disruptedPods: Record<string, string>;
  recheckInMs: number | undefined;
} {
  const disruptedPods: Record<string, string> = {};
  const waits: number[] = [];
  const present = new Map(pods.map((pod) => [pod.metadata.name ?? "", pod]));
  for (const [name, at] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = present.get(name);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const leftMs = (timeMs(at) ?? 0) + evictionTimeoutMs - nowMs;
    if (leftMs <= 0) continue;
    disruptedPods[name] = at;
    waits.push(leftMs);
  }
  return { disruptedPods, recheckInMs: soonest(waits) };
}
