/** Kubernetes' back-off of containers that end, from what the labels of the last container say. */

import type { ContainerRecord } from "./container-record.ts";
import { anewRetryMs, crashBackoff, crashBackoffResetMs } from "./limits.ts";

export interface NextStart {
  readonly atMs: number;
  /** What the start after that one will wait. */
  readonly backoffMs: number;
}

/**
 * When a container that has ended may start again: the first time at once, then after 10 s, 20 s, ... While all start anew,
 * as after a reboot, what it needs may not be there yet: then it is tried again soon, and nothing is held against it.
 */
export function nextStart(last: ContainerRecord, startsAnew: boolean): NextStart {
  if (startsAnew) return { atMs: last.finishedMs + anewRetryMs, backoffMs: 0 };
  const ranLong = last.finishedMs - last.startedMs > crashBackoffResetMs;
  if (ranLong || last.backoffMs === 0) return { atMs: 0, backoffMs: crashBackoff.firstMs };
  const doubled = Math.min(crashBackoff.capMs, last.backoffMs * 2);
  return { atMs: last.finishedMs + last.backoffMs, backoffMs: doubled };
}
