/** What is on disk and may be seen: the newest version of each object and the window of past events. */

import { StatusError } from "../../model/status.ts";
import { LogEntry } from "./entry.ts";
import type { StoreLimits } from "./limits.ts";
import type { LogRow } from "./log-file.ts";
import { ResourceTable } from "./resource-table.ts";
import type { Entry, EntryKey, ListResult, StoreEvent } from "./store.ts";

/** The window is cut when it is this much over its limit, so that cutting is rare. */
const windowSlack = 1.25;

/** Events after which a version is kept as text only: by then those who follow have seen it, and hold what they need. */
const parsedMaxEvents = 512;

export interface CommittedStateOptions {
  readonly compacted: number;
  readonly limits: StoreLimits;
  readonly freezeValues: boolean;
}

export class CommittedState {
  readonly #options: CommittedStateOptions;
  readonly #tables = new Map<string, ResourceTable>();
  #window: StoreEvent[] = [];
  #windowBytes = 0;
  #revision: number;
  #compacted: number;

  constructor(options: CommittedStateOptions) {
    this.#options = options;
    this.#compacted = options.compacted;
    // Compaction may have removed the newest rows, deletions: their revisions must not be given again.
    this.#revision = options.compacted;
  }

  get revision(): number {
    return this.#revision;
  }

  get compacted(): number {
    return this.#compacted;
  }

  get(key: EntryKey): Entry | undefined {
    return this.#tables.get(key.resource)?.get(key.namespace, key.name);
  }

  list(resource: string, namespace?: string, atRevision?: number): ListResult {
    const table = this.#tables.get(resource);
    const revision = atRevision ?? this.#revision;
    if (revision === this.#revision) return { revision, entries: table?.list(namespace) ?? [] };
    this.#checkKept(revision);
    if (revision > this.#revision) throw tooLarge(revision, this.#revision);
    return { revision, entries: table?.listAt(namespace, revision) ?? [] };
  }

  /** Throws when the window does not reach back to the revision, or the revision is not of this store. */
  checkWatchable(afterRevision: number): void {
    this.#checkKept(afterRevision);
    if (afterRevision <= this.#revision) return;
    const known = `the store is at ${this.#revision}`;
    throw new StatusError("Expired", `resource version ${afterRevision} is not of this store: ${known}`);
  }

  eventsAfter(resource: string, revision: number, namespace?: string): readonly StoreEvent[] {
    return this.#tables.get(resource)?.eventsAfter(revision, namespace) ?? [];
  }

  apply(event: StoreEvent): void {
    this.#table(event.entry.resource).apply(event);
    this.#window.push(event);
    this.#windowBytes += event.entry.encoded.length;
    this.#revision = event.revision;
    const seen = this.#window[this.#window.length - parsedMaxEvents]?.entry;
    if (seen instanceof LogEntry) seen.release();
  }

  /** Takes a row of the log, in revision order; returns the revisions of rows that it makes superfluous. */
  load(row: LogRow): number[] {
    const entry = new LogEntry(row, this.#options.freezeValues);
    const previous = this.get(row);
    if (row.revision > this.#compacted) {
      const type = row.deleted ? "DELETED" : previous === undefined ? "ADDED" : "MODIFIED";
      this.apply({ type, revision: row.revision, entry, previous });
      return [];
    }
    const superseded = previous === undefined ? [] : [previous.revision];
    const table = this.#table(row.resource);
    if (!row.deleted) {
      table.put(entry);
      return superseded;
    }
    table.remove(row.namespace, row.name);
    return [...superseded, row.revision];
  }

  /** Forgets the events up to a revision; returns the revisions of the rows that nobody can ask for any more. */
  compact(revision: number): number[] {
    const keep = this.#window.findIndex((event) => event.revision > revision);
    const dropped = this.#window.slice(0, keep < 0 ? undefined : keep);
    this.#window = keep < 0 ? [] : this.#window.slice(keep);
    this.#compacted = Math.max(this.#compacted, revision);
    for (const table of this.#tables.values()) table.forget(revision);
    const removals: number[] = [];
    for (const { type, entry, previous } of dropped) {
      this.#windowBytes -= entry.encoded.length;
      if (previous !== undefined) removals.push(previous.revision);
      if (type === "DELETED") removals.push(entry.revision);
    }
    return removals;
  }

  /** The revision to compact to so that the window is within its limits, when it is well above them. */
  overdueCompaction(): number | undefined {
    const { windowMaxEvents, windowMaxBytes } = this.#options.limits;
    const tooMany = this.#window.length > windowMaxEvents * windowSlack;
    if (!tooMany && this.#windowBytes <= windowMaxBytes * windowSlack) return undefined;
    let events = this.#window.length;
    let bytes = this.#windowBytes;
    let target: number | undefined;
    for (const event of this.#window) {
      if (events <= windowMaxEvents && bytes <= windowMaxBytes) break;
      events -= 1;
      bytes -= event.entry.encoded.length;
      target = event.revision;
    }
    return target;
  }

  #table(resource: string): ResourceTable {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = new ResourceTable();
      this.#tables.set(resource, table);
    }
    return table;
  }

  #checkKept(revision: number): void {
    if (revision >= this.#compacted) return;
    throw new StatusError("Expired", `too old resource version: ${revision} (${this.#compacted})`);
  }
}

function tooLarge(revision: number, current: number): StatusError {
  const message = `Too large resource version: ${revision}, current: ${current}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return new StatusError("Timeout", message, { causes, retryAfterSeconds: 1 });
}
