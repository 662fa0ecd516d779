/** Lets a loop sleep until something changes: what changes while it works wakes it at once. */

import { sleep, type Clock } from "../../lib/clock.ts";

export class Waker {
  readonly #clock: Clock;
  #wake = (): void => undefined;
  #dirty = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notice(): void {
    this.#dirty = true;
    this.#wake();
  }

  /** What is noticed from now on is news. */
  begin(): void {
    this.#dirty = false;
  }

  /** Until something is noticed or the time is over; says whether there is news. */
  async pause(pauseMs: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (this.#dirty) return true;
    const ended = new AbortController();
    const timeout = sleep(this.#clock, pauseMs, AbortSignal.any([signal, ended.signal]));
    await Promise.race([promise, timeout]);
    ended.abort();
    return this.#dirty;
  }
}
