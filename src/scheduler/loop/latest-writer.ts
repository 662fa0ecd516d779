/**
 * Writes that nobody waits for. Per key only the newest value is written, one write at a time, and spaced values not
 * more often than the spacing allows; values that are not urgent are written one by one while there is something
 * better to do.
 */

import { backoffDelayMs, type BackoffOptions } from "../../lib/backoff.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { isNotFound } from "../../model/status.ts";

/** From the first write of a key on, each further one comes later after the one before. */
const spacing: BackoffOptions = { baseMs: 1000, capMs: 10_000 };
const MAX_TRIES = 5;

export interface LatestWriterOptions<T> {
  /** For the log: what it is that cannot be written. */
  readonly what: string;
  readonly write: (key: string, value: T) => Promise<void>;
  readonly workers: number;
  /** Keys that may wait to be written; further ones are dropped, with a line in the log. */
  readonly maxPending: number;
  /** Whether there is something better to do than writing values that are not urgent. */
  readonly isBusy: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface WriteManner {
  readonly urgent: boolean;
  readonly spaced: boolean;
}

interface Pending<T> extends WriteManner {
  readonly value: T;
  readonly tries: number;
}

export class LatestWriter<T> {
  readonly #options: LatestWriterOptions<T>;
  readonly #pending = new Map<string, Pending<T>>();
  readonly #urgent = new Set<string>();
  readonly #idle = new Set<string>();
  readonly #writing = new Map<string, Promise<void>>();
  readonly #written = new Map<string, { count: number; lastMs: number }>();
  readonly #delayed = new Map<string, Timer>();
  /** Since the last line about it in the log. */
  #dropped = 0;
  #closed = false;

  constructor(options: LatestWriterOptions<T>) {
    this.#options = options;
  }

  put(key: string, value: T, manner: WriteManner): void {
    if (this.#closed) return;
    if (!this.#pending.has(key) && this.#pending.size >= this.#options.maxPending) {
      if (this.#dropped++ === 0)
        this.#options.log.warn("too much waits to be written, dropping", { what: this.#options.what, key });
      return;
    }
    this.#pending.set(key, { ...manner, value, tries: 0 });
    this.#schedule(key);
  }

  /** Drops what waits to be written under the key, and what is known of it. */
  forget(key: string): void {
    this.#pending.delete(key);
    this.#urgent.delete(key);
    this.#idle.delete(key);
    this.#written.delete(key);
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }

  /** Of the key, if it is being written now. */
  writing(key: string): Promise<void> | undefined {
    return this.#writing.get(key);
  }

  /** Starts what can be started; to be called when there may be nothing better to do any more. */
  pump(): void {
    while (!this.#closed && this.#writing.size < this.#options.workers) {
      const key = this.#nextKey();
      if (key === undefined) return;
      this.#urgent.delete(key);
      this.#idle.delete(key);
      const pending = this.#pending.get(key);
      if (pending === undefined || this.#writing.has(key)) continue;
      this.#pending.delete(key);
      this.#writing.set(key, this.#write(key, pending));
    }
  }

  /** Drops what waits; resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#delayed.values()) timer.cancel();
    this.#pending.clear();
    await Promise.all(this.#writing.values());
  }

  #nextKey(): string | undefined {
    for (const key of this.#urgent) return key;
    if (this.#idle.size === 0 || (this.#writing.size > 0 && this.#options.isBusy())) return undefined;
    for (const key of this.#idle) return key;
    return undefined;
  }

  #schedule(key: string): void {
    const pending = this.#pending.get(key);
    // What is being written schedules its successor when it is done.
    if (pending === undefined || this.#writing.has(key)) return;
    const waitMs = pending.spaced || pending.tries > 0 ? this.#dueMs(key) - this.#options.clock.now() : 0;
    if (waitMs > 0) {
      this.#wait(key, waitMs);
      return;
    }
    this.#urgent.delete(key);
    this.#idle.delete(key);
    (pending.urgent ? this.#urgent : this.#idle).add(key);
    this.pump();
  }

  /** One timer a key, however often it is put meanwhile. */
  #wait(key: string, waitMs: number): void {
    if (this.#delayed.has(key)) return;
    const end = (): void => {
      this.#delayed.delete(key);
      this.#schedule(key);
    };
    this.#delayed.set(key, this.#options.clock.after(waitMs, end));
  }

  #dueMs(key: string): number {
    const written = this.#written.get(key);
    return written === undefined ? 0 : written.lastMs + backoffDelayMs(spacing, written.count);
  }

  async #write(key: string, pending: Pending<T>): Promise<void> {
    const { write, clock, log, what } = this.#options;
    const count = (this.#written.get(key)?.count ?? 0) + 1;
    this.#written.set(key, { count, lastMs: clock.now() });
    try {
      await write(key, pending.value);
    } catch (error) {
      if (isNotFound(error)) this.forget(key);
      else if (!this.#written.has(key))
        log.debug("cannot write what is not wanted any more", { what, key, error });
      else if (pending.tries + 1 >= MAX_TRIES) log.warn("cannot write, giving up", { what, key, error });
      else if (!this.#pending.has(key)) this.#pending.set(key, { ...pending, tries: pending.tries + 1 });
    }
    this.#writing.delete(key);
    this.#schedule(key);
    this.pump();
    if (this.#dropped > 0 && this.#pending.size < this.#options.maxPending / 2) {
      log.warn("dropped what was to be written", { what, count: this.#dropped });
      this.#dropped = 0;
    }
  }
}
