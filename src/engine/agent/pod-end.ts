/** Why a pod is over before its containers said so. Pure. */

import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { PodStatus } from "../../model/kinds/core/pod/pod-status.ts";
import { evictionGraceSeconds } from "./limits.ts";
import { evictedReason, isEvicted, isTerminal } from "./pod-status.ts";

export interface PodEnd {
  readonly reason: string;
  readonly message: string;
  /** Its containers get no longer than this. */
  readonly graceMaxSeconds?: number | undefined;
}

export function evicted(message: string): PodEnd {
  return { reason: evictedReason, message, graceMaxSeconds: evictionGraceSeconds };
}

/** The end that an earlier agent began: its containers may run still. */
export function toldEnd(status: PodStatus | undefined): PodEnd | undefined {
  return isEvicted(status) && !isTerminal(status?.phase) ? evicted(status?.message ?? "") : undefined;
}

/** When the pod has run for as long as it may; undefined when nothing limits it or it is over. */
export function deadlineMs(pod: Pod, status: PodStatus | undefined): number | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  if (activeDeadlineSeconds === undefined || status?.startTime === undefined) return undefined;
  if (isTerminal(status.phase)) return undefined;
  return Date.parse(status.startTime) + activeDeadlineSeconds * 1000;
}

export function deadlineExceeded(pod: Pod, status: PodStatus | undefined, nowMs: number): PodEnd | undefined {
  const dueMs = deadlineMs(pod, status);
  if (dueMs === undefined || nowMs < dueMs) return undefined;
  return {
    reason: "DeadlineExceeded",
    message: "Pod was active on the node longer than the specified deadline",
  };
}
