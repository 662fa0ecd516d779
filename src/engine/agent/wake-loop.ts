/**
 * Does its round whenever something wakes it, one round at a time: what happens meanwhile makes for one more, however much it was.
 * What takes long runs beside the rounds, each thing once, and wakes at its end. What fails is tried again, ever later, each thing
 * by itself.
 */

import { backoffDelayMs } from "../../lib/backoff.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { apiBackoff, stepBackoff } from "./limits.ts";

export interface WakeLoopOptions {
  readonly round: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  /** No round begins after it. */
  readonly signal: AbortSignal;
}

export class WakeLoop {
  readonly #options: WakeLoopOptions;
  readonly #tasks = new Set<string>();
  /** Of tasks that failed: how often in a row, and not before when they run again. */
  readonly #failed = new Map<string, { readonly count: number; readonly untilMs: number }>();
  #running = false;
  #again = false;
  #ended = false;
  #timer: Timer | undefined;
  #timerDueMs = 0;
  #troubles = 0;

  constructor(options: WakeLoopOptions) {
    this.#options = options;
  }

  /** Nothing runs beside the rounds. */
  get isIdle(): boolean {
    return this.#tasks.size === 0;
  }

  wake(): void {
    if (this.#options.signal.aborted || this.#ended) return;
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  /** Unless something wakes it earlier. */
  wakeIn(delayMs: number): void {
    if (this.#ended) return;
    const { clock } = this.#options;
    const dueMs = clock.now() + Math.max(0, delayMs);
    if (this.#timer !== undefined && this.#timerDueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = clock.after(Math.max(0, delayMs), () => this.wake());
  }

  /** Runs a task beside the rounds, unless one of the same name runs or failed a moment ago. */
  launch(name: string, task: () => Promise<void>): void {
    if (this.#tasks.has(name)) return;
    const { clock } = this.#options;
    const leftMs = (this.#failed.get(name)?.untilMs ?? 0) - clock.now();
    if (leftMs > 0) this.wakeIn(leftMs);
    else void this.#runTask(name, task);
  }

  /** No further round; tasks end by themselves. */
  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    const { signal, log, round } = this.#options;
    this.#running = true;
    while (this.#again && !signal.aborted && !this.#ended) {
      this.#again = false;
      this.#timer?.cancel();
      this.#timer = undefined;
      try {
        await round();
        this.#troubles = 0;
      } catch (error) {
        if (signal.aborted) break;
        this.#troubles += 1;
        log.warn("cannot look after the pod, trying again", { error });
        this.wakeIn(backoffDelayMs(apiBackoff, this.#troubles));
      }
    }
    this.#running = false;
  }

  async #runTask(name: string, task: () => Promise<void>): Promise<void> {
    const { clock, log, signal } = this.#options;
    this.#tasks.add(name);
    try {
      await task();
      this.#failed.delete(name);
    } catch (error) {
      const count = (this.#failed.get(name)?.count ?? 0) + 1;
      this.#failed.set(name, { count, untilMs: clock.now() + backoffDelayMs(stepBackoff, count) });
      if (!signal.aborted) log.warn("a step failed, trying again", { step: name, error });
    }
    this.#tasks.delete(name);
    this.wake();
  }
}
