/** Keys that have changed since they were last taken: many changes while one is being applied become one. */

import type { Clock } from "../../lib/clock.ts";

export class DirtyKeys {
  #keys = new Set<string>();
  #wake: (() => void) | undefined;

  add(key: string): void {
    this.#keys.add(key);
    this.#wake?.();
  }

  take(): ReadonlySet<string> {
    const taken = this.#keys;
    this.#keys = new Set();
    return taken;
  }

  /** Resolves when there is something to take, after the time, or when the signal aborts. */
  async wait(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#keys.size > 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = clock.after(timeoutMs, resolve);
    const abort = (): void => resolve();
    signal.addEventListener("abort", abort, { once: true });
    await promise;
    this.#wake = undefined;
    timer.cancel();
    signal.removeEventListener("abort", abort);
  }
}
