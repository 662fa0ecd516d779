/**
 * The client over HTTP(S), against Nagi's API or any Kubernetes. A watch goes on over as many connections as it
 * takes: servers end watches after some minutes, and a caller sees nothing of that.
 */

import { backoffDelayMs, type BackoffOptions } from "../lib/backoff.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { apiVersionOf, type Kind } from "../model/kind.ts";
import { refOf, type KubeObject, type ObjectList, type ObjectRef } from "../model/meta.ts";
import type { JsonValue } from "../model/schema.ts";
import { StatusError, type Status } from "../model/status.ts";
import { tableMediaType, type Table } from "../model/table.ts";
import type {
  Client,
  DeleteOptions,
  ListOptions,
  LogOptions,
  PatchBody,
  TableEvent,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
import type { Connection } from "./connection.ts";
import { linesOf } from "./line-stream.ts";
import { resourcePath, withQuery, type Query } from "./resource-path.ts";
import {
  defaultTransportLimits,
  Transport,
  type TransportLimits,
  type TransportRequest,
} from "./transport.ts";

/** One event of a watch: an object with its type. */
const watchLineMaxBytes = 16 * 1024 * 1024;
/** How long the server is asked to let a watch live. */
const watchSeconds = 290;
/** Beyond that a server that should have ended it is gone. */
const watchIdleSlackMs = 30_000;
/** A watch that ends sooner without an event counts as a failure, so that it is not asked for in a hot loop. */
const watchMinMs = 1000;
const rewatchBackoff: BackoffOptions = { baseMs: 100, capMs: 10_000 };

const patchTypes: Readonly<Record<PatchBody["type"], string>> = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
};

export interface HttpsClientOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly limits?: Partial<TransportLimits> | undefined;
}

interface RawEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

export class HttpsClient implements Client {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #namespace: string;

  constructor({ connection, clock, limits }: HttpsClientOptions) {
    this.#transport = new Transport(connection, clock, { ...defaultTransportLimits, ...limits });
    this.#clock = clock;
    this.#namespace = connection.namespace;
  }

  /** Closes the connections that are kept for later requests. */
  close(): void {
    this.#transport.close();
  }

  async get<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<T> {
    return await this.#json({ method: "GET", path: this.#path(kind, ref) });
  }

  async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const list = await this.#json<ObjectList<T>>({ method: "GET", path: listPath(kind, options) });
    // Kubernetes leaves these out of the items of a list.
    for (const item of list.items) {
      item.apiVersion ??= apiVersionOf(kind);
      item.kind ??= kind.kind;
    }
    return list;
  }

  async *watch<T extends KubeObject>(
    kind: Kind<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const versionOf = (object: unknown): string | undefined => (object as T).metadata.resourceVersion;
    for await (const { type, object } of this.#events(kind, options, { versionOf })) {
      if (type !== "BOOKMARK") yield { type, object: object as T };
      else if (options.allowBookmarks === true) yield { type, resourceVersion: versionOf(object) ?? "" };
    }
  }

  async getTable<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<Table> {
    return await this.#json({ method: "GET", path: this.#path(kind, ref), accept: tableMediaType });
  }

  async listTable<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<Table> {
    return await this.#json({ method: "GET", path: listPath(kind, options), accept: tableMediaType });
  }

  async *watchTable<T extends KubeObject>(
    kind: Kind<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<TableEvent> {
    const versionOf = (object: unknown): string | undefined => {
      const { rows = [], metadata } = object as Partial<Table>;
      return rows[0]?.object?.metadata.resourceVersion ?? metadata?.resourceVersion;
    };
    for await (const { type, object } of this.#events(kind, options, { versionOf, accept: tableMediaType })) {
      if (type !== "BOOKMARK") yield { type, table: object as Table };
      else if (options.allowBookmarks === true) yield { type, resourceVersion: versionOf(object) ?? "" };
    }
  }

  async create<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const namespace = this.#namespaceOf(kind, object.metadata.namespace);
    const path = withQuery(resourcePath(kind, { namespace }), writeQuery(options));
    return await this.#json({ method: "POST", path, body: JSON.stringify(object) });
  }

  async update<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const path = withQuery(this.#path(kind, refOf(object), options.subresource), writeQuery(options));
    return await this.#json({ method: "PUT", path, body: JSON.stringify(object) });
  }

  async patch<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    patch: PatchBody,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = withQuery(this.#path(kind, ref, options.subresource), writeQuery(options));
    const contentType = patchTypes[patch.type];
    return await this.#json({ method: "PATCH", path, contentType, body: JSON.stringify(patch.body) });
  }

  async delete<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    options: DeleteOptions = {},
  ): Promise<void> {
    const body = JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", ...options });
    await this.#json({ method: "DELETE", path: this.#path(kind, ref), body });
  }

  async post<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    subresource: string,
    body: JsonValue,
  ): Promise<JsonValue> {
    const path = this.#path(kind, ref, subresource);
    return await this.#json({ method: "POST", path, body: JSON.stringify(body) });
  }

  async *log<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    options: LogOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const { signal, ...query } = options;
    const path = withQuery(this.#path(kind, ref, "log"), query);
    yield* this.#transport.stream({ method: "GET", path, accept: "*/*", signal });
  }

  async raw(path: string): Promise<JsonValue> {
    return await this.#json({ method: "GET", path });
  }

  #namespaceOf(kind: Kind, namespace: string | undefined): string | undefined {
    if (!kind.namespaced) return undefined;
    return namespace === undefined || namespace === "" ? this.#namespace : namespace;
  }

  #path(kind: Kind, ref: ObjectRef, subresource?: string): string {
    return resourcePath(kind, {
      namespace: this.#namespaceOf(kind, ref.namespace),
      name: ref.name,
      subresource,
    });
  }

  async #json<R>(request: TransportRequest): Promise<R> {
    const text = await this.#transport.text(request);
    try {
      return JSON.parse(text) as R;
    } catch (error) {
      const message = `the server's answer to ${request.method} ${request.path} is not JSON: ${messageOf(error)}`;
      throw new StatusError("InternalError", message, undefined, { cause: error });
    }
  }

  /** The events of one watch, over connections that follow each other; bookmarks always included. */
  async *#events(
    kind: Kind,
    options: WatchOptions,
    { versionOf, accept }: { versionOf: (object: unknown) => string | undefined; accept?: string },
  ): AsyncGenerator<RawEvent & { type: Exclude<RawEvent["type"], "ERROR"> }> {
    const { namespace, labelSelector, fieldSelector, signal } = options;
    let { resourceVersion } = options;
    for (let failures = 0; ;) {
      if (signal?.aborted === true) return;
      const startMs = this.#clock.now();
      let progressed = false;
      const selection = { namespace, labelSelector, fieldSelector, resourceVersion };
      const path = listPath(kind, selection, {
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds: watchSeconds,
      });
      const idleTimeoutMs = watchSeconds * 1000 + watchIdleSlackMs;
      const chunks = this.#transport.stream({ method: "GET", path, accept, signal, idleTimeoutMs });
      for await (const line of linesOf(chunks, watchLineMaxBytes)) {
        if (line === "") continue;
        const event = parseEvent(line);
        progressed = true;
        resourceVersion = newest(resourceVersion, versionOf(event.object));
        yield event;
      }
      failures = progressed || this.#clock.now() - startMs >= watchMinMs ? 0 : failures + 1;
      await sleep(this.#clock, backoffDelayMs(rewatchBackoff, failures), signal);
    }
  }
}

function listPath(kind: Kind, options: ListOptions, more: Query = {}): string {
  const { namespace, ...selection } = options;
  const place = kind.namespaced && namespace !== "" ? { namespace } : {};
  return withQuery(resourcePath(kind, place), { ...selection, ...more });
}

function writeQuery({ dryRun, fieldValidation }: WriteOptions): Query {
  return { dryRun: dryRun === true ? "All" : undefined, fieldValidation };
}

function parseEvent(line: string): RawEvent & { type: Exclude<RawEvent["type"], "ERROR"> } {
  let event: RawEvent;
  try {
    event = JSON.parse(line) as RawEvent;
  } catch (error) {
    // The server died in the middle of a line.
    const message = `the watch broke off: ${messageOf(error)}`;
    throw new StatusError("ServiceUnavailable", message, undefined, { cause: error });
  }
  const { type, object } = event;
  if (type === "ERROR") throw StatusError.from(object as Status);
  return { type, object };
}

/** The first objects of a watch come in the order of their names; what to go on from is the newest of them. */
function newest(known: string | undefined, seen: string | undefined): string | undefined {
  if (known === undefined || seen === undefined) return seen ?? known;
  return /^\d+$/.test(known) && /^\d+$/.test(seen) && BigInt(known) > BigInt(seen) ? known : seen;
}
