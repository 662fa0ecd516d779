/**
 * The store: orders writes on the main thread, gathers them into commits that a worker thread brings to disk,
 * and shows them only then.
 *
 * What must stay true: a write is answered, and seen by get, list and watch, only after its commit is on disk.
 * One commit is in flight at a time, so revisions reach the disk in their order. A failed commit takes back
 * everything that was ordered since, because later writes may have been decided on it.
 */

import type { Logger } from "../../lib/log.ts";
import { StatusError } from "../../model/status.ts";
import type { CommittedState } from "./committed-state.ts";
import type { Committer } from "./committer.ts";
import { Garbage } from "./garbage.ts";
import type { StoreLimits } from "./limits.ts";
import type { StoreLock } from "./lock.ts";
import type { Ordering } from "./ordering.ts";
import type {
  Entry,
  EntryKey,
  ListResult,
  Store,
  StoreEvent,
  StoreWatch,
  WatchRequest,
  Write,
} from "./store.ts";
import { Watchers } from "./watchers.ts";

/** A gathered batch of this size goes to disk before the previous one's answers are given out, else after. */
const overlapMinWrites = 256;

export interface RevisionStoreParts {
  readonly state: CommittedState;
  readonly ordering: Ordering;
  readonly committer: Committer;
  readonly lock: StoreLock;
  readonly log: Logger;
  readonly limits: StoreLimits;
  /** Revisions of rows that are on disk and superfluous. */
  readonly removals: readonly number[];
}

interface Pending {
  readonly event: StoreEvent;
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: StatusError) => void;
}

export class RevisionStore implements Store {
  readonly #parts: RevisionStoreParts;
  readonly #watchers: Watchers;
  readonly #garbage: Garbage;
  #queue: Pending[] = [];
  #queueBytes = 0;
  #scheduled = false;
  #committing = false;
  #failing = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(parts: RevisionStoreParts) {
    this.#parts = parts;
    this.#garbage = new Garbage(parts.removals);
    this.#watchers = new Watchers({
      log: parts.log,
      eventsAfter: (resource, revision, namespace) => parts.state.eventsAfter(resource, revision, namespace),
      revision: () => parts.state.revision,
    });
    this.#compactWhenOverdue();
  }

  get revision(): number {
    return this.#parts.state.revision;
  }

  get(key: EntryKey): Entry | undefined {
    return this.#parts.state.get(key);
  }

  list(resource: string, namespace?: string, atRevision?: number): ListResult {
    return this.#parts.state.list(resource, namespace, atRevision);
  }

  watch(request: WatchRequest): StoreWatch {
    this.#parts.state.checkWatchable(request.afterRevision);
    return this.#watchers.add(request);
  }

  write(write: Write): Promise<Entry> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      this.#checkRoom();
      const event = this.#parts.ordering.order(write);
      this.#queueBytes += event.entry.encoded.length;
      this.#queue.push({ event, resolve, reject });
      this.#schedule();
    });
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    const { state } = this.#parts;
    if (revision > state.revision) {
      const message = `cannot compact to revision ${revision}: the store is at ${state.revision}`;
      throw new StatusError("BadRequest", message);
    }
    if (revision > state.compacted) this.#garbage.add(state.compact(revision), revision);
    this.#schedule();
    await this.#garbage.gone();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#committing || this.#scheduled) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    this.#watchers.stopAll();
    await this.#parts.committer.close();
    this.#parts.lock.release();
  }

  #checkOpen(): void {
    if (this.#closed) throw new StatusError("ServiceUnavailable", "the store is closed");
  }

  #checkRoom(): void {
    const { pendingMaxWrites, pendingMaxBytes } = this.#parts.limits;
    if (this.#queue.length < pendingMaxWrites && this.#queueBytes < pendingMaxBytes) return;
    const message = `the store is ${this.#queue.length} writes behind: try again later`;
    throw new StatusError("TooManyRequests", message, { retryAfterSeconds: 1 });
  }

  /** All writes of one turn of the event loop are gathered. */
  #schedule(): void {
    if (this.#committing || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commitNext();
    });
  }

  #commitNext(): void {
    const { limits, committer } = this.#parts;
    const batch = this.#takeBatch();
    if (batch.length === 0 && !this.#garbage.waiting) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    // A write supersedes at most two rows, so the removals keep up with the writes.
    const { removals, compacted } = this.#garbage.take(Math.max(limits.commitMaxRemovals, 2 * batch.length));
    this.#committing = true;
    const rows = batch.flatMap(({ event }) => rowOf(event));
    committer.commit({ rows, removals, compacted }, (cause) => this.#answered(batch, cause));
  }

  #takeBatch(): Pending[] {
    const { commitMaxWrites, commitMaxBytes } = this.#parts.limits;
    let count = 0;
    let bytes = 0;
    for (const { event } of this.#queue) {
      if (count === commitMaxWrites || (count > 0 && bytes + event.entry.encoded.length > commitMaxBytes))
        break;
      count += 1;
      bytes += event.entry.encoded.length;
    }
    this.#queueBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #answered(batch: readonly Pending[], cause: string | undefined): void {
    this.#committing = false;
    if (cause === undefined) this.#succeeded(batch);
    else this.#failed(batch, cause);
    if (this.#queue.length > 0 || this.#garbage.waiting || this.#closed) this.#schedule();
  }

  #succeeded(batch: readonly Pending[]): void {
    this.#garbage.removed();
    if (this.#queue.length >= overlapMinWrites) this.#commitNext();
    if (this.#failing) this.#parts.log.info("the store takes writes again");
    this.#failing = false;
    const { state, ordering } = this.#parts;
    const byResource = new Map<string, StoreEvent[]>();
    for (const { event } of batch) {
      state.apply(event);
      ordering.committed(event);
      const events = byResource.get(event.entry.resource);
      if (events === undefined) byResource.set(event.entry.resource, [event]);
      else events.push(event);
    }
    for (const { event, resolve } of batch) resolve(event.entry);
    for (const [resource, events] of byResource) this.#watchers.deliver(resource, events, state.revision);
    this.#compactWhenOverdue();
  }

  #failed(batch: readonly Pending[], cause: string): void {
    const { log, ordering } = this.#parts;
    const error = new StatusError("ServiceUnavailable", `cannot write to the store: ${cause}`);
    if (!this.#failing) log.warn("cannot write to the store", { cause });
    this.#failing = true;
    this.#garbage.kept(error);
    const lost = [...batch, ...this.#queue.splice(0)];
    this.#queueBytes = 0;
    ordering.rollBack();
    for (const { reject } of lost) reject(error);
  }

  #compactWhenOverdue(): void {
    const { state } = this.#parts;
    const revision = state.overdueCompaction();
    if (revision !== undefined) this.#garbage.add(state.compact(revision), revision);
    if (this.#garbage.waiting) this.#schedule();
  }
}

function rowOf({ type, entry }: StoreEvent): (string | number)[] {
  const { revision, resource, namespace, name, createdRevision, encoded } = entry;
  return [revision, resource, namespace, name, createdRevision, type === "DELETED" ? 1 : 0, encoded];
}
