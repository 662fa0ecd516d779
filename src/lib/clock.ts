/** Time as an argument: code that decides anything takes a Clock, so that tests and simulations can drive it. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `task` once, after at least `delayMs`. */
  after(delayMs: number, task: () => void): Timer;
}

/** Node.js takes what is longer for 1 ms. */
const timeoutMaxMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    let leftMs = delayMs;
    let handle: NodeJS.Timeout | undefined;
    const wait = (): void => {
      const pieceMs = Math.min(leftMs, timeoutMaxMs);
      leftMs -= pieceMs;
      handle = setTimeout(leftMs > 0 ? wait : task, pieceMs);
    };
    wait();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once when the signal aborts; it never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** A clock that stands still until told: `advance` runs what falls due, in order of its time. */
export class FakeClock implements Clock {
  #nowMs: number;
  #tasks: { dueMs: number; order: number; task: () => void }[] = [];
  #order = 0;

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): Timer {
    const entry = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task };
    this.#tasks.push(entry);
    return { cancel: () => void (this.#tasks = this.#tasks.filter((other) => other !== entry)) };
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#tasks.toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      this.#nowMs = next.dueMs;
      next.task();
    }
    this.#nowMs = untilMs;
  }
}
