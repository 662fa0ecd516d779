/**
 * Pods on the way from a decision to their node: they count there from the decision on, what plugins want is done,
 * they are bound, and when that fails all of it is undone and they are tried again.
 */

import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { SchedulingDecisionSpec } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import type { Decision } from "../decide.ts";
import type { Profile } from "../framework/profile.ts";
import type { QueuedPod, SchedulingQueue } from "../queue/scheduling-queue.ts";
import type { Binder, BindResult } from "./binder.ts";
import type { Feed } from "./feed.ts";
import type { Placements } from "./placements.ts";
import type { Recorders } from "./recorders.ts";
import type { Reports } from "./reports.ts";
import type { AttemptResult, SchedulerMetrics } from "./scheduler-metrics.ts";

export interface BindingsOptions {
  readonly feed: Feed;
  readonly queue: SchedulingQueue;
  readonly placements: Placements;
  readonly binder: Binder;
  readonly reports: Reports;
  readonly recorders: Recorders;
  readonly metrics: SchedulerMetrics;
  readonly monotonicMs: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  /** There may be something to decide. */
  readonly wake: () => void;
}

export interface Placing {
  readonly profile: Profile;
  readonly decision: Decision;
  readonly nodeName: string;
  readonly startMs: number;
}

export interface Placed {
  readonly profile: Profile;
  readonly nodeName: string;
  readonly spec: SchedulingDecisionSpec;
  readonly startMs: number;
}

export class Bindings {
  readonly #options: BindingsOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: BindingsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#running.size;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  place(entry: QueuedPod, placing: Placing, signal: AbortSignal): void {
    const { profile, decision, nodeName, startMs } = placing;

    const spec = this.#options.reports.explainPlaced(decision);
    const refusal = this.#options.placements.reserve(profile, entry.info, nodeName);
    if (refusal !== undefined) {
      this.attempted(entry, profile, { result: "error", startMs });
      this.#bindFailed(entry, refusal);
      return;
    }
    this.take(entry, { profile, nodeName, spec, startMs }, signal);
  }

  /** From now on the pod counts on the node; the binding goes on beside. */
  take(entry: QueuedPod, placed: Placed, signal: AbortSignal): void {
    this.#options.feed.assume(entry.info, placed.nodeName);
    this.#options.queue.placed(entry);
    const binding = this.#bind(entry, placed, signal).finally(() => {
      this.#running.delete(binding);
      this.#options.wake();
    });
    this.#running.add(binding);
  }

  async #bind(entry: QueuedPod, placed: Placed, signal: AbortSignal): Promise<void> {
    const { info } = entry;
    const { profile, nodeName, spec, startMs } = placed;
    // "No node takes the pod" must not be written after the binding.
    const writing = this.#options.reports.quiet(info.uid);
    if (writing !== undefined) await writing;
    const refusal = this.#options.placements.hasSteps(profile, info)
      ? await this.#options.placements.prepare(profile, { pod: info, nodeName }, signal)
      : undefined;
    const bindMs = this.#options.monotonicMs();
    const result: BindResult =
      refusal === undefined
        ? await this.#options.binder.bind(info, nodeName, signal)
        : { type: "failed", message: refusal };
    const isBound = result.type === "bound";
    const endMs = this.#options.monotonicMs();
    if (refusal === undefined) {
      this.#options.metrics.point("Bind", profile, { isGood: isBound, ms: endMs - bindMs });
    }
    this.attempted(entry, profile, { result: isBound ? "scheduled" : "error", startMs });
    if (isBound) {
      this.#options.metrics.bound(info.uid, endMs);
      this.#options.reports.placed(podOf(entry), spec);
    } else if (!signal.aborted) this.#undo(entry, { profile, nodeName, message: result.message });
  }

  #undo(
    entry: QueuedPod,
    { profile, nodeName, message }: { profile: Profile; nodeName: string; message: string },
  ): void {
    this.#options.placements.unreserve(profile, entry.info, nodeName);
    this.#options.feed.forget(entry.info.uid);
    this.#bindFailed(entry, message);
  }

  #bindFailed(entry: QueuedPod, message: string): void {
    // A pod that is gone or has a node by now is in the queue no more: there is nothing to tell.
    if (this.#options.queue.get(entry.info.uid) !== entry) return;
    this.#options.log.info("cannot bind, trying again", { pod: entry.info.key, message });
    const pod = podOf(entry);
    this.#options.recorders.of(pod).event(pod, "Warning", "FailedScheduling", message);
    this.retry(entry);
  }

  attempted({ info }: QueuedPod, profile: Profile, end: { result: AttemptResult; startMs: number }): void {
    const ms = this.#options.monotonicMs() - end.startMs;
    this.#options.metrics.attempted(info.uid, profile, { result: end.result, ms });
  }

  retry(entry: QueuedPod): void {
    this.#options.metrics.incoming("ScheduleAttemptFailure", "backoff");
    this.#options.queue.retry(entry, this.#options.clock.now());
  }
}

/** The feed makes entries from pods of the API only. */
export function podOf(entry: QueuedPod): Pod {
  return entry.info.object as Pod;
}
