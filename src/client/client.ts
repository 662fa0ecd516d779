/**
 * The one way to the API. `InProcessClient` and `HttpsClient` behave the same; nothing above knows which it has.
 *
 * Objects that come out of a client are shared and must not be changed: copy what you change
 * (`structuredClone`, or spread). Every failure is a `StatusError`.
 */

import type { Kind } from "../model/kind.ts";
import type { KubeObject, ObjectList, ObjectRef } from "../model/meta.ts";
import type { JsonValue } from "../model/schema.ts";
import type { Table } from "../model/table.ts";

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** For instance `app=web,tier in (a,b)`. */
  readonly labelSelector?: string | undefined;
  /** For instance `spec.nodeName=node-1,status.phase!=Failed`. */
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Events after this revision; absent: the present objects first, as ADDED. */
  readonly resourceVersion?: string | undefined;
  /** Ask for BOOKMARK events, which only move the revision on. */
  readonly allowBookmarks?: boolean | undefined;
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/** Each table holds the rows of the change; the columns come with the first one only. */
export type TableEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly table: Table }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

export type PatchBody =
  | { readonly type: "merge" | "strategic"; readonly body: JsonValue }
  | { readonly type: "json"; readonly body: readonly JsonPatchOperation[] };

export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string | undefined;
  readonly value?: JsonValue | undefined;
}

export interface WriteOptions {
  readonly subresource?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict" | undefined;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  /** Delete only the object with this identity. */
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
}

export interface LogOptions {
  readonly container?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly previous?: boolean | undefined;
  readonly timestamps?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly sinceTime?: string | undefined;
  readonly limitBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Client {
  get<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<T>;
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /**
   * Ends when the signal aborts. Throws a StatusError `Expired` (410) when the revision is too old or the
   * watcher fell too far behind: list again and watch from there.
   */
  watch<T extends KubeObject>(kind: Kind<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** The server's columns for people, of one object. */
  getTable<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<Table>;
  listTable<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<Table>;
  watchTable<T extends KubeObject>(kind: Kind<T>, options?: WatchOptions): AsyncIterable<TableEvent>;
  create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces; with `metadata.resourceVersion` set, only if nobody wrote since (else `Conflict`). */
  update<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    patch: PatchBody,
    options?: WriteOptions,
  ): Promise<T>;
  delete<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** POST to a subresource that is an action, for instance `binding` of a pod; returns what the server says. */
  post<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    subresource: string,
    body: JsonValue,
  ): Promise<JsonValue>;
  /** The `log` subresource: of a pod's container, or of a build. Chunks of bytes as they come. */
  log<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef, options?: LogOptions): AsyncIterable<Uint8Array>;
  /** A GET outside the objects, for instance `/version`. */
  raw(path: string): Promise<JsonValue>;
}
