/**
 * Pods that were given a place and need the permission of plugins before they are bound. A plugin that makes a pod
 * wait, for instance until the rest of its group has places too, is told of all that wait and can let them go on.
 *
 * What must stay true: no pod waits longer than its plugin said, and none after it is gone.
 */

import type { Clock, Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { PermitResult, PlacementContext, WaitingPod } from "../framework/placement.ts";
import type { Plugin } from "../framework/plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { withinLimit } from "./within-limit.ts";

/** As kube-scheduler's: nothing waits for longer, whatever a plugin says. */
export const MAX_PERMIT_MS = 15 * 60_000;

export class Permits {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All that wait but the pod itself. */
  waiting(exceptUid: string): readonly WaitingPod[] {
    return [...this.#waiting.values()].filter(({ pod }) => pod.uid !== exceptUid);
  }

  /** Why the pod is not to be bound; undefined when no plugin has anything against it. Never rejects. */
  async ask(
    plugins: readonly Plugin[],
    place: { readonly pod: PodInfo; readonly nodeName: string },
    context: PlacementContext,
  ): Promise<string | undefined> {
    const waiting = new Waiting(place.pod, place.nodeName);
    try {
      for (const plugin of plugins) {
        const result = await this.#answerOf(plugin, place, context);
        if (result.type === "reject") return `${plugin.name}: ${result.reason}`;
        if (result.type !== "wait") continue;
        this.#waiting.set(place.pod.uid, waiting);
        waiting.waitFor(plugin.name, {
          timeoutMs: Math.min(result.timeoutMs, MAX_PERMIT_MS),
          clock: this.#clock,
        });
      }
      return await waiting.end(context.signal);
    } finally {
      waiting.stop();
      this.#waiting.delete(place.pod.uid);
    }
  }

  async #answerOf(
    plugin: Plugin,
    { pod, nodeName }: { readonly pod: PodInfo; readonly nodeName: string },
    context: PlacementContext,
  ): Promise<PermitResult> {
    try {
      const answer = plugin.permit?.(pod, nodeName, context) ?? { type: "allow" };
      if (!(answer instanceof Promise)) return answer;
      const limit = { clock: this.#clock, limitMs: MAX_PERMIT_MS, signal: context.signal };
      return await withinLimit(answer, limit);
    } catch (error) {
      return { type: "reject", reason: `it failed: ${messageOf(error)}` };
    }
  }
}

class Waiting implements WaitingPod {
  readonly pod: PodInfo;
  readonly nodeName: string;
  /** By the plugin that makes it wait. */
  readonly #timers = new Map<string, Timer>();
  readonly #ended = Promise.withResolvers<string | undefined>();
  #refusal: string | undefined;

  constructor(pod: PodInfo, nodeName: string) {
    this.pod = pod;
    this.nodeName = nodeName;
  }

  allow(plugin: string): void {
    const timer = this.#timers.get(plugin);
    if (timer === undefined) return;
    timer.cancel();
    this.#timers.delete(plugin);
    if (this.#timers.size === 0) this.#ended.resolve(this.#refusal);
  }

  reject(plugin: string, reason: string): void {
    this.#refusal ??= `${plugin}: ${reason}`;
    this.#ended.resolve(this.#refusal);
  }

  waitFor(plugin: string, { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock }): void {
    const expire = (): void => {
      this.reject(plugin, `rejected due to timeout after waiting ${timeoutMs / 1000}s`);
    };
    this.#timers.set(plugin, clock.after(timeoutMs, expire));
  }

  /** Resolves when nobody makes it wait any more. */
  async end(signal: AbortSignal): Promise<string | undefined> {
    if (this.#refusal !== undefined || this.#timers.size === 0) return this.#refusal;
    const abort = (): void => this.#ended.resolve("the pod is gone, or the scheduler stops");
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await this.#ended.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
