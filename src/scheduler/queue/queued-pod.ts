/** A pod in the queue, and who goes first. */

import type { PodInfo } from "../snapshot/pod-info.ts";

export interface QueuedPod {
  /** Its newest version. */
  info: PodInfo;
  /** Pods with equal keys fit the same nodes. */
  readonly key: string;
  /** Order of arrival. */
  readonly order: number;
  /** Failures in a row that were not the pod's. */
  failures: number;
  place: "active" | "backoff" | "waiting" | "taken" | "gone";
  dueMs: number;
  /** How often it has waited. */
  turn: number;
  /** While it waits: row of the node where room is being made for it. */
  nominatedRow?: number | undefined;
}

export function goesBefore(a: QueuedPod, b: QueuedPod): boolean {
  return a.info.priority === b.info.priority ? a.order < b.order : a.info.priority > b.info.priority;
}
