/**
 * The pods that wait for a node: active ones, by priority and then age; those that back off after a failure that
 * was not theirs (a binding that did not work); and those that no node took, which wait for an event that could
 * help them. Pure: the time is given.
 *
 * What must stay true: a pod is in one place at a time and leaves only by `remove`; nothing but an event that
 * could help, or a change of the pod itself, wakes a pod that no node took; when one of several that are alike was
 * woken and placed, the next is woken.
 *
 * There are as many entries as there are pods without a node in the API, which is the limit.
 */

import { backoffDelayMs, type BackoffOptions } from "../../lib/backoff.ts";
import type { ClusterEvent } from "../framework/events.ts";
import { groupOf } from "../snapshot/pod-groups.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Heap } from "./heap.ts";
import { goesBefore, type QueuedPod } from "./queued-pod.ts";
import { WaitingGroup } from "./waiting-group.ts";

export type { QueuedPod } from "./queued-pod.ts";

export const queueBackoff: BackoffOptions = { baseMs: 100, capMs: 10_000 };

export type CouldHelp = (event: ClusterEvent, pod: PodInfo, rejectedBy: ReadonlySet<number>) => boolean;

export class SchedulingQueue {
  readonly #couldHelp: CouldHelp;
  readonly #backoffOptions: BackoffOptions;
  readonly #entries = new Map<string, QueuedPod>();
  readonly #active = new Heap<QueuedPod>(goesBefore);
  readonly #backoff = new Heap<QueuedPod>((a, b) => a.dueMs < b.dueMs);
  /** By key, so that an event costs as much as there are different pods. */
  readonly #waiting = new Map<string, WaitingGroup>();
  /** Those of them that wait for the victims on a node to go, by row of the node. */
  readonly #nominated = new Map<number, Set<QueuedPod>>();
  /** Members of pod groups. */
  readonly #groups = new Map<string, Set<QueuedPod>>();
  #order = 0;
  #activeCount = 0;

  /** `backoff`: podInitialBackoffSeconds and podMaxBackoffSeconds of a configuration. */
  constructor(couldHelp: CouldHelp, backoff: BackoffOptions = queueBackoff) {
    this.#couldHelp = couldHelp;
    this.#backoffOptions = backoff;
  }

  get activeCount(): number {
    return this.#activeCount;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** All pods without a node, in no order. */
  entries(): Iterable<QueuedPod> {
    return this.#entries.values();
  }

  /** Plugins that said no to a pod that waits, or to the last of those like it, by place in the profile. */
  rejectedBy(entry: QueuedPod): ReadonlySet<number> {
    return this.#waiting.get(entry.key)?.rejectedBy ?? noPlugins;
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
    const { order = this.#order++, failures = 0 } = known ?? {};
    const entry: QueuedPod = { info, key, order, failures, place: "active", dueMs: 0, turn: 0 };
    this.#entries.set(info.uid, entry);
    this.#joinGroup(entry);
    if (known !== undefined) this.#leave(known);
    this.#activate(entry);
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid);
    this.#entries.delete(uid);
    if (entry !== undefined) this.#leave(entry);
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

  /** Those of a pod group. */
  membersOf(group: string): readonly QueuedPod[] {
    return [...(this.#groups.get(group) ?? [])];
  }

  /** All of a pod group that are not being placed or backing off, to be decided about together. */
  claimGroup(group: string): readonly QueuedPod[] {
    const claimed = this.membersOf(group).filter(({ place }) => place === "active" || place === "waiting");
    for (const entry of claimed) {
      if (entry.place === "waiting") this.#stopWaiting(entry);
      else this.#activeCount--;
      entry.place = "taken";
      this.#passOn(entry);
    }
    return claimed;
  }

  /** No node took the pod; `nominatedRow`: the node where room is being made for it. */
  wait(entry: QueuedPod, rejectedBy: ReadonlySet<number>, nominatedRow?: number): void {
    if (!this.#isTaken(entry)) return;
    entry.place = "waiting";
    // Whether making room works is still to be seen.
    if (nominatedRow === undefined) entry.failures = 0;
    if (nominatedRow !== undefined) {
      this.#waitForRoom(entry, nominatedRow);
      return;
    }
    let group = this.#waiting.get(entry.key);
    if (group === undefined) this.#waiting.set(entry.key, (group = new WaitingGroup()));
    if (group.probe === entry) group.probe = undefined;
    group.rejectedBy = rejectedBy;
    group.add(entry);
  }

  /** It waits apart from those that are alike: where room was found for one, there may be more for the next. */
  #waitForRoom(entry: QueuedPod, row: number): void {
    const others = this.#nominated.get(row);
    if (others === undefined) this.#nominated.set(row, new Set([entry]));
    else others.add(entry);
    entry.nominatedRow = row;
    entry.turn++;
    this.#passOn(entry);
  }

  /** The pod was given a node: what let it in may let in the next that is like it. */
  placed(entry: QueuedPod): void {
    this.#passOn(entry);
  }

  /** Making room for a pod that waits failed: it is tried again after a while. */
  waitedInVain(uid: string, nowMs: number): void {
    const entry = this.#entries.get(uid);
    if (entry?.place !== "waiting") return;
    this.#stopWaiting(entry);
    this.#backOff(entry, nowMs);
  }

  /** Something else failed: the pod comes back after a while. */
  retry(entry: QueuedPod, nowMs: number): void {
    if (!this.#isTaken(entry)) return;
    this.#backOff(entry, nowMs);
    this.#passOn(entry);
  }

  #backOff(entry: QueuedPod, nowMs: number): void {
    entry.failures++;
    entry.place = "backoff";
    entry.dueMs = nowMs + backoffDelayMs(this.#backoffOptions, entry.failures);
    this.#backoff.push(entry);
  }

  /** The pod can be tried again at once. */
  retryNow(entry: QueuedPod): void {
    if (this.#isTaken(entry)) this.#activate(entry);
  }

  /** Wakes the pods that the event could help; how many. */
  happened(event: ClusterEvent): number {
    let woken = "row" in event ? this.#wakeNominated(event.row) : 0;
    for (const group of this.#waiting.values()) {
      // One that is about to be tried will see what happened.
      if (group.probe !== undefined) continue;
      const entry = group.peek();
      if (entry === undefined || !this.#couldHelp(event, entry.info, group.rejectedBy)) continue;
      this.#probe(group, entry);
      woken++;
    }
    return woken;
  }

  /** Wakes a pod that waits, whatever happened. */
  wake(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry?.place !== "waiting") return;
    this.#stopWaiting(entry);
    this.#activate(entry);
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

  /** For them room is made on this very node: each finds out whether it is there now, or never will be. */
  #wakeNominated(row: number): number {
    const nominated = [...(this.#nominated.get(row) ?? [])];
    for (const entry of nominated) {
      this.#stopWaiting(entry);
      this.#activate(entry);
    }
    return nominated.length;
  }

  #probe(group: WaitingGroup, entry: QueuedPod): void {
    this.#stopWaiting(entry);
    group.probe = entry;
    this.#activate(entry);
  }

  #passOn(entry: QueuedPod): void {
    const group = this.#waiting.get(entry.key);
    if (group?.probe !== entry) return;
    group.probe = undefined;
    const next = group.peek();
    if (next === undefined) this.#waiting.delete(entry.key);
    else this.#probe(group, next);
  }

  #joinGroup(entry: QueuedPod): void {
    const group = groupOf(entry.info);
    if (group === undefined) return;
    const others = this.#groups.get(group);
    if (others === undefined) this.#groups.set(group, new Set([entry]));
    else others.add(entry);
  }

  #leaveGroup(entry: QueuedPod): void {
    const group = groupOf(entry.info);
    if (group === undefined) return;
    const others = this.#groups.get(group);
    others?.delete(entry);
    if (others?.size === 0) this.#groups.delete(group);
  }

  #isTaken(entry: QueuedPod): boolean {
    return entry.place === "taken" && this.#entries.get(entry.info.uid) === entry;
  }

  #activate(entry: QueuedPod): void {
    entry.place = "active";
    this.#activeCount++;
    this.#active.push(entry);
  }

  #stopWaiting(entry: QueuedPod): void {
    const { nominatedRow } = entry;
    if (nominatedRow === undefined) {
      const group = this.#waiting.get(entry.key);
      if (group !== undefined) group.count--;
      return;
    }
    const others = this.#nominated.get(nominatedRow);
    others?.delete(entry);
    if (others?.size === 0) this.#nominated.delete(nominatedRow);
    entry.nominatedRow = undefined;
  }

  /** Takes it out of where it is; heaps drop it when they come to it. */
  #leave(entry: QueuedPod): void {
    if (entry.place === "active") this.#activeCount--;
    if (entry.place === "waiting") this.#stopWaiting(entry);
    entry.place = "gone";
    this.#leaveGroup(entry);
    this.#passOn(entry);
    const group = this.#waiting.get(entry.key);
    if (group?.count === 0 && group.probe === undefined) this.#waiting.delete(entry.key);
  }
}

const noPlugins: ReadonlySet<number> = new Set();
