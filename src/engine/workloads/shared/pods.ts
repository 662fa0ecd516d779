/** What controllers ask about a pod. */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Condition } from "../../../model/meta.ts";

/** Neither ended nor on its way out: it counts towards a wanted number. */
export function isActive(pod: Pod): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function readyCondition(pod: Pod): Condition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === "Ready");
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === "True";
}

/** Milliseconds until a ready pod has been ready for long enough: 0 when it has, undefined when it is not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = readyCondition(pod);
  if (ready?.status !== "True") return undefined;
  if (minReadySeconds === 0) return 0;
  const sinceMs = timeMs(ready.lastTransitionTime);
  // Without a time nobody can say how long it has been ready, so it has not been.
  if (sinceMs === undefined) return undefined;
  return Math.max(0, sinceMs + minReadySeconds * 1000 - nowMs);
}

/** A pod that ends as soon as it is made is not made again at once, again and again. */
const endedStaysMs = 5000;

/** Milliseconds until an ended pod is to be replaced: 0 when it is time, undefined when it has not ended. */
export function replaceableInMs(pod: Pod, nowMs: number): number | undefined {
  if (!hasEnded(pod)) return undefined;
  const madeMs = timeMs(pod.metadata.creationTimestamp) ?? 0;
  return Math.max(0, madeMs + endedStaysMs - nowMs);
}

/** Milliseconds since the epoch of an RFC 3339 time. */
export function timeMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The earliest of several waits. */
export function soonest(waits: readonly (number | undefined)[]): number | undefined {
  const given = waits.filter((wait) => wait !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}
