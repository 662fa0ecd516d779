/**
 * Keys that wait to be worked on. A key is in the queue once however often it is added, and is never handed to
 * two workers at a time: added while it is worked on, it comes again after `done`.
 */

import { backoffDelayMs, type BackoffOptions } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";

/** Keys that may wait, delayed ones included. Keys are objects' names, so this is beyond any cluster's size. */
const queueMaxKeys = 500_000;

export const defaultRequeueBackoff: BackoffOptions = { baseMs: 50, capMs: 60_000 };

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Of `addRateLimited`. */
  readonly backoff?: BackoffOptions | undefined;
}

interface Delayed {
  readonly dueMs: number;
  readonly timer: Timer;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: BackoffOptions;
  /** In order of arrival; a key that is worked on is in `#again` instead. */
  readonly #ready = new Set<string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#backoff = options.backoff ?? defaultRequeueBackoff;
  }

  /** Keys that wait, without those that are delayed or being worked on. */
  get size(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    const taker = this.#ready.has(key) ? undefined : this.#takers.shift();
    if (taker === undefined) {
      this.#checkRoom();
      this.#ready.add(key);
      return;
    }
    this.#working.add(key);
    taker(key);
  }

  /** Adds after a delay; of several delays of a key the one that ends first counts. */
  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.now() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.dueMs <= dueMs) return;
    earlier?.timer.cancel();
    this.#checkRoom();
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Adds after a delay that doubles with each failure of the key until `forget`. */
  addRateLimited(key: string): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.addAfter(key, backoffDelayMs(this.#backoff, failures));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; undefined once the signal aborts. `done` must follow. */
  take(signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#working.add(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => {
      const taker = (key: string | undefined): void => {
        signal.removeEventListener("abort", abort);
        resolve(key);
      };
      const abort = (): void => {
        this.#takers.splice(this.#takers.indexOf(taker), 1);
        resolve(undefined);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#takers.push(taker);
    });
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Cancels the delays. */
  close(): void {
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
  }

  #checkRoom(): void {
    if (this.#ready.size + this.#delayed.size < queueMaxKeys) return;
    throw new Error(`cannot queue more than ${queueMaxKeys} keys`);
  }
}
