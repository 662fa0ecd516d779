/**
 * Which pods go when a set shrinks: those whose loss costs least.
 * Order: kubernetes/kubernetes pkg/controller/controller_utils.go, ActivePodsWithRanks.
 */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { isReady, readyCondition, timeMs } from "../shared/pods.ts";

const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * `count` of the pods, the least useful first. `related` are all active pods of the same workload: where many
 * of them share a node, one goes from there.
 */
export function podsToDelete(
  pods: readonly Pod[],
  related: readonly Pod[],
  count: number,
  nowMs: number,
): Pod[] {
  if (count >= pods.length) return [...pods];
  const perNode = Map.groupBy(related, (pod) => pod.spec.nodeName ?? "");
  const crowd = (pod: Pod): number => perNode.get(pod.spec.nodeName ?? "")?.length ?? 0;
  const criteria: readonly ((pod: Pod) => number)[] = [
    (pod) => Number((pod.spec.nodeName ?? "") !== ""),
    (pod) => phaseOrder[pod.status?.phase ?? "Pending"] ?? 0,
    (pod) => Number(isReady(pod)),
    (pod) => deletionCost(pod),
    (pod) => -crowd(pod),
    (pod) => (isReady(pod) ? ageClass(readyCondition(pod)?.lastTransitionTime, nowMs) : 0),
    (pod) => -restarts(pod),
    (pod) => ageClass(pod.metadata.creationTimestamp, nowMs),
  ];
  return pods.toSorted((a, b) => compare(a, b, criteria)).slice(0, count);
}

function compare(a: Pod, b: Pod, criteria: readonly ((pod: Pod) => number)[]): number {
  for (const value of criteria) {
    const difference = value(a) - value(b);
    if (difference !== 0) return difference;
  }
  return (a.metadata.uid ?? "") < (b.metadata.uid ?? "") ? -1 : 1;
}

/** Ages within a factor of two count as the same, so that not always the same generation of pods goes. */
function ageClass(since: string | undefined, nowMs: number): number {
  const sinceMs = timeMs(since);
  if (sinceMs === undefined) return 0;
  return Math.floor(Math.log2(Math.max(1, nowMs - sinceMs)));
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.[deletionCostAnnotation] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function restarts(pod: Pod): number {
  const counts = (pod.status?.containerStatuses ?? []).map((status) => status.restartCount);
  return Math.max(0, ...counts);
}
