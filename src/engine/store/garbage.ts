/** Superseded rows that commits have yet to take off the disk, and who waits for that. */

import type { StatusError } from "../../model/status.ts";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: StatusError) => void;
}

export interface Removals {
  readonly removals: readonly number[];
  /** What the commit is to record; absent when it has nothing to do with compaction. */
  readonly compacted: number | undefined;
}

const nothing: Removals = { removals: [], compacted: undefined };

export class Garbage {
  #revisions: number[];
  #compacted: number | undefined;
  /** What the commit in flight removes and records. */
  #inFlight: Removals = nothing;
  #waiters: Waiter[] = [];
  #failed = false;

  constructor(revisions: readonly number[]) {
    this.#revisions = [...revisions];
  }

  /** Whether a commit is worth making for it; after a failure only together with the next write. */
  get waiting(): boolean {
    return !this.#failed && (this.#revisions.length > 0 || this.#compacted !== undefined);
  }

  add(revisions: readonly number[], compacted: number): void {
    this.#revisions = [...this.#revisions, ...revisions];
    this.#compacted = compacted;
    this.#failed = false;
  }

  take(maxCount: number): Removals {
    this.#inFlight = { removals: this.#revisions.splice(0, maxCount), compacted: this.#compacted };
    this.#compacted = undefined;
    return this.#inFlight;
  }

  /** The commit with what was taken is on disk. */
  removed(): void {
    this.#inFlight = nothing;
    this.#failed = false;
    if (this.waiting) return;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  /** The commit failed: what was taken is still there. */
  kept(error: StatusError): void {
    this.#revisions = [...this.#inFlight.removals, ...this.#revisions];
    this.#compacted ??= this.#inFlight.compacted;
    this.#inFlight = nothing;
    this.#failed = true;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** Resolves when nothing superfluous is on disk any more. */
  async gone(): Promise<void> {
    const inFlight = this.#inFlight.removals.length > 0 || this.#inFlight.compacted !== undefined;
    if (!this.waiting && !inFlight) return;
    await new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }
}
