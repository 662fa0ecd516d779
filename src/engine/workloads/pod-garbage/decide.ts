/** Pods that nobody will ever clean up otherwise. Pure. */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerOf } from "../../../model/meta.ts";
import { hasEnded } from "../shared/pods.ts";

/** Ended pods that are kept for a look at their logs; beyond it the oldest go. */
export const endedPodsLimit = 500;

/** Ended pods beyond the limit, oldest first. Pods of jobs stay: their job still counts them. */
export function surplusEnded(pods: readonly Pod[], limit: number): Pod[] {
  const ended = pods.filter(
    (pod) =>
      hasEnded(pod) && pod.metadata.deletionTimestamp === undefined && controllerOf(pod)?.kind !== "Job",
  );
  return ended
    .toSorted((a, b) => createdAt(a).localeCompare(createdAt(b)))
    .slice(0, Math.max(0, ended.length - limit));
}

function createdAt(pod: Pod): string {
  return pod.metadata.creationTimestamp ?? "";
}

/** Bound to a node that is not there; whether it really is gone has to be asked before anything is deleted. */
export function onMissingNode(pods: readonly Pod[], nodes: ReadonlySet<string>): Pod[] {
  return pods.filter(({ spec }) => (spec.nodeName ?? "") !== "" && !nodes.has(spec.nodeName ?? ""));
}

/** To be deleted gracefully, but no agent ever had it. */
export function unboundAndDeleted(pods: readonly Pod[]): Pod[] {
  return pods.filter(
    (pod) => pod.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName ?? "") === "",
  );
}
