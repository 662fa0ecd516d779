import { sleep, type Clock } from "../../lib/clock.ts";

/** Lets only so many do something at a time; the others wait in order. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #overtime: { readonly clock: Clock; readonly overtimeMs: number } | undefined;

  /** What takes longer than `overtimeMs` goes on, and another may begin beside it. */
  constructor(count: number, overtime?: { readonly clock: Clock; readonly overtimeMs: number }) {
    this.#free = count;
    this.#overtime = overtime;
  }

  async use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const ended = new AbortController();
    const leaving = this.#leave(ended.signal);
    try {
      return await task();
    } finally {
      ended.abort();
      await leaving;
    }
  }

  /** Gives the place to the next, at the end or when the time is over. */
  async #leave(ended: AbortSignal): Promise<void> {
    if (this.#overtime === undefined)
      await new Promise((resolve) => ended.addEventListener("abort", resolve));
    else await sleep(this.#overtime.clock, this.#overtime.overtimeMs, ended);
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
