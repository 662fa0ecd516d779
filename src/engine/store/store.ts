/**
 * The revision log: every write of every object gets the next revision of one order. The present state and a
 * window of past revisions are held in memory; the log on disk is what survives. See docs/ARCHITECTURE.md.
 */

import type { KubeObject } from "../../model/meta.ts";

/** One version of one object. `value` is frozen; `encoded` is its JSON, made once and shared by all readers. */
export interface Entry {
  /** `plural.group`, see `resourceName`. */
  readonly resource: string;
  /** "" for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly createdRevision: number;
  readonly value: KubeObject;
  readonly encoded: string;
}

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** For DELETED: the last version, with `metadata.resourceVersion` of the deletion. */
  readonly entry: Entry;
  /** What was there before; absent for ADDED. Selectors need it to see an object leave. */
  readonly previous?: Entry | undefined;
}

export interface EntryKey {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

export type Write = EntryKey & {
  /** Compare-and-swap: 0 means "must not exist"; absent means whatever is there. */
  readonly expectedRevision?: number | undefined;
  /**
   * The new value, made synchronously when the write is ordered, from the newest version (committed or on its
   * way to disk). The store sets `metadata.resourceVersion`. "delete" removes; a throw leaves all as it was
   * and rejects the write with what was thrown.
   */
  readonly make: (previous: Entry | undefined) => KubeObject | "delete";
  /** A quicker way to the text that `JSON.stringify` gives of the value as it is written. */
  readonly encode?: ((value: KubeObject) => string) | undefined;
};

export interface ListResult {
  /** Revision that the list is true at. */
  readonly revision: number;
  /** Sorted by namespace, then name. */
  readonly entries: readonly Entry[];
}

export interface WatchRequest {
  readonly resource: string;
  /** Absent: all. */
  readonly namespace?: string | undefined;
  /** Deliver what came after it. Throws StatusError Expired when it is compacted away. */
  readonly afterRevision: number;
  /** Called with events in revision order, none missed, none twice; a batch is never empty. */
  readonly onEvents: (events: readonly StoreEvent[]) => void;
}

export interface StoreWatch {
  stop(): void;
}

export interface Store {
  /** Newest committed revision. */
  readonly revision: number;
  /** Newest committed version. */
  get(key: EntryKey): Entry | undefined;
  /** At the newest revision or at a given one; throws StatusError Expired when that is compacted away. */
  list(resource: string, namespace?: string, atRevision?: number): ListResult;
  /** Resolves after the commit is on disk; the entry of a delete is the last version. */
  write(write: Write): Promise<Entry>;
  watch(request: WatchRequest): StoreWatch;
  /** Forgets versions older than `revision` that are not the newest of their object. */
  compact(revision: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
