/**
 * The pods that wait for a node: active ones, by priority and then age; those that back off after a failure that
 * was not theirs (a binding that did not work); and those that no node took, which wait for an event that could
 * help them. Pure: the time is given.
 *
 * What must stay true: a pod is in one place at a time and leaves only by `remove`; nothing but an event that
 * could help, or a change of the pod itself, wakes a pod that no node took.
 *
 * There are as many entries as there are pods without a node in the API, which is the limit.
 */

import { backoffDelayMs, type BackoffOptions } from "../../lib/backoff.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Heap } from "./heap.ts";

export const queueBackoff: BackoffOptions = { baseMs: 100, capMs: 10_000 };

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
  /** Plugins that said no, by place in the profile. */
  rejectedBy: ReadonlySet<number>;
}

export type CouldHelp = (event: ClusterEvent, pod: PodInfo, rejectedBy: ReadonlySet<number>) => boolean;

interface Waiting {
  readonly pods: Set<QueuedPod>;
  rejectedBy: ReadonlySet<number>;
}

export class SchedulingQueue {
  readonly #couldHelp: CouldHelp;
  readonly #entries = new Map<string, QueuedPod>();
  readonly #active = new Heap<QueuedPod>(goesBefore);
  readonly #backoff = new Heap<QueuedPod>((a, b) => a.dueMs < b.dueMs);
  /** By key, so that an event costs as much as there are different pods. */
  readonly #waiting = new Map<string, Waiting>();
  #order = 0;
  #activeCount = 0;

  constructor(couldHelp: CouldHelp) {
    this.#couldHelp = couldHelp;
  }

  get activeCount(): number {
    return this.#activeCount;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#entries.get(uid);
  }

  /** A pod that is new, or a new version of one: one that waits is tried again when what decides changed. */
  set(info: PodInfo, key: string): void {
    const known = this.#entries.get(info.uid);
    if (known !== undefined && known.key === key && known.info.priority === info.priority) {
      known.info = info;
      return;
    }
    if (known?.place === "taken") return;
    if (known !== undefined) this.#leave(known);
    const { order = this.#order++, failures = 0 } = known ?? {};
    const entry: QueuedPod = {
      info,
      key,
      order,
      failures,
      place: "active",
      dueMs: 0,
      rejectedBy: new Set(),
    };
    this.#entries.set(info.uid, entry);
    this.#activate(entry);
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry !== undefined) this.#leave(entry);
    this.#entries.delete(uid);
  }

  /** The next pod to decide about; it stays known, and is given back by `wait`, `retry` or `remove`. */
  take(): QueuedPod | undefined {
    for (let entry = this.#active.pop(); entry !== undefined; entry = this.#active.pop()) {
      if (entry.place !== "active") continue;
      entry.place = "taken";
      this.#activeCount--;
      return entry;
    }
    return undefined;
  }

  /** No node took the pod. */
  wait(entry: QueuedPod, rejectedBy: ReadonlySet<number>): void {
    if (!this.#isTaken(entry)) return;
    entry.place = "waiting";
    entry.rejectedBy = rejectedBy;
    entry.failures = 0;
    const waiting = this.#waiting.get(entry.key);
    if (waiting === undefined) {
      this.#waiting.set(entry.key, { pods: new Set([entry]), rejectedBy });
      return;
    }
    waiting.pods.add(entry);
    waiting.rejectedBy = rejectedBy;
  }

  /** Something else failed: the pod comes back after a while. */
  retry(entry: QueuedPod, nowMs: number): void {
    if (!this.#isTaken(entry)) return;
    entry.failures++;
    entry.place = "backoff";
    entry.dueMs = nowMs + backoffDelayMs(queueBackoff, entry.failures);
    this.#backoff.push(entry);
  }

  /** The pod can be tried again at once. */
  retryNow(entry: QueuedPod): void {
    if (this.#isTaken(entry)) this.#activate(entry);
  }

  /** Wakes the pods that the event could help; how many. */
  happened(event: ClusterEvent): number {
    let woken = 0;
    for (const [key, { pods, rejectedBy }] of this.#waiting) {
      const [any] = pods;
      if (any === undefined || !this.#couldHelp(event, any.info, rejectedBy)) continue;
      this.#waiting.delete(key);
      for (const entry of pods) this.#activate(entry);
      woken += pods.size;
    }
    return woken;
  }

  /** Moves the pods that have backed off long enough; when the next one will have, if any backs off. */
  release(nowMs: number): number | undefined {
    for (let next = this.#backoff.peek(); next !== undefined; next = this.#backoff.peek()) {
      if (next.place === "backoff" && next.dueMs > nowMs) return next.dueMs;
      this.#backoff.pop();
      if (next.place === "backoff") this.#activate(next);
    }
    return undefined;
  }

  #isTaken(entry: QueuedPod): boolean {
    return entry.place === "taken" && this.#entries.get(entry.info.uid) === entry;
  }

  #activate(entry: QueuedPod): void {
    entry.place = "active";
    this.#activeCount++;
    this.#active.push(entry);
  }

  /** Takes it out of where it is; heaps drop it when they come to it. */
  #leave(entry: QueuedPod): void {
    if (entry.place === "active") this.#activeCount--;
    if (entry.place === "waiting") {
      const waiting = this.#waiting.get(entry.key);
      waiting?.pods.delete(entry);
      if (waiting?.pods.size === 0) this.#waiting.delete(entry.key);
    }
    entry.place = "gone";
  }
}

function goesBefore(a: QueuedPod, b: QueuedPod): boolean {
  return a.info.priority === b.info.priority ? a.order < b.order : a.info.priority > b.info.priority;
}
