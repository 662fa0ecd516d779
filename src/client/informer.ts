/**
 * A cache of the objects of one kind that follows the API: lists once, then watches, and lists again when the
 * watch cannot go on. Handlers hear of every difference between two states of the cache, though not of every
 * version in between.
 */

import { backoffDelayMs, type BackoffOptions } from "../lib/backoff.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import { resourceName, type Kind } from "../model/kind.ts";
import { keyOf, refOf, type KubeObject } from "../model/meta.ts";
import { isStatus } from "../model/status.ts";
import type { Client, WatchEvent } from "./client.ts";
import { ObjectCache, type Indexers } from "./object-cache.ts";

const listPageSize = 500;
const reconnectBackoff: BackoffOptions = { baseMs: 100, capMs: 30_000 };
/** A watch that lasted this long, or that brought an event, ends a row of failures. */
const healthyWatchMs = 10_000;
/** Between two lists of a kind that cannot be watched, such as the measurements of Kubernetes' metrics server. */
const pollMs = 15_000;

export interface InformerOptions<T extends KubeObject> {
  readonly client: Client;
  readonly kind: Kind<T>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly indexers?: Indexers<T> | undefined;
  /** What is kept of an object: for caches that need only a part of it. Its metadata must stay as it is. */
  readonly keep?: ((object: T) => T) | undefined;
}

export interface InformerChange<T> {
  readonly type: "added" | "updated" | "deleted";
  /** For deleted: the last version known. */
  readonly object: T;
  /** For updated. */
  readonly previous?: T | undefined;
}

export type InformerHandler<T> = (change: InformerChange<T>) => void;

export class Informer<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly #options: InformerOptions<T>;
  readonly #log: Logger;
  readonly #cache: ObjectCache<T>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #firstSync = Promise.withResolvers<void>();
  #synced = false;
  #isWatchable = true;
  #resourceVersion: string | undefined;

  constructor(options: InformerOptions<T>) {
    this.kind = options.kind;
    this.#options = options;
    this.#log = options.log.child({ informer: resourceName(options.kind) });
    this.#cache = new ObjectCache(resourceName(options.kind), options.indexers);
  }

  /** Whether the cache has held the whole state once. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** By `keyOf`: `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  list(namespace?: string): T[] {
    return this.#cache.list(namespace);
  }

  byIndex(index: string, value: string): T[] {
    return this.#cache.byIndex(index, value);
  }

  /** Calls the handler for what is there (as added) and for every change; returns the way to end that. */
  onChange(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#cache.list()) this.#call(handler, { type: "added", object });
    return () => void this.#handlers.delete(handler);
  }

  /** Resolves once the cache has held the whole state, or when the signal aborts. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    if (this.#synced || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const abort = (): void => aborted.resolve();
    signal.addEventListener("abort", abort, { once: true });
    await Promise.race([this.#firstSync.promise, aborted.promise]);
    signal.removeEventListener("abort", abort);
  }

  /** Follows the API until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const startMs = clock.now();
      let progressed = false;
      try {
        if (this.#resourceVersion === undefined || !this.#isWatchable) await this.#relist(signal);
        if (!this.#isWatchable) {
          await sleep(clock, pollMs, signal);
          continue;
        }
        progressed = await this.#watch(signal);
        if (signal.aborted) return;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
      }
      const healthy = progressed || clock.now() - startMs >= healthyWatchMs;
      failures = healthy ? 0 : failures + 1;
      await sleep(clock, backoffDelayMs(reconnectBackoff, failures), signal);
    }
  }

  #failed(error: unknown): void {
    if (isStatus(error, "Expired", "Gone")) {
      this.#log.debug("cannot go on watching, listing again", { error });
      this.#resourceVersion = undefined;
      return;
    }
    if (this.#synced && isStatus(error, "MethodNotAllowed")) {
      this.#log.info("cannot be watched: listing it now and then", { everyMs: pollMs });
      this.#isWatchable = false;
      return;
    }
    this.#log.warn("cannot follow the API, trying again", { error });
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const { client, kind, namespace, labelSelector, fieldSelector } = this.#options;
    const found = new Map<string, T>();
    let next: string | undefined;
    let resourceVersion: string;
    do {
      const options = { namespace, labelSelector, fieldSelector, limit: listPageSize, continue: next };
      const page = await client.list(kind, options);
      for (const object of page.items) found.set(keyOf(refOf(object)), object);
      next = page.metadata.continue;
      resourceVersion = page.metadata.resourceVersion;
    } while (next !== undefined && next !== "" && !signal.aborted);
    if (signal.aborted) return;
    for (const [key, object] of found) this.#set(key, object);
    for (const key of this.#cache.keys()) if (!found.has(key)) this.#remove(key);
    this.#resourceVersion = resourceVersion;
    this.#synced = true;
    this.#firstSync.resolve();
  }

  /** Returns whether anything came. */
  async #watch(signal: AbortSignal): Promise<boolean> {
    const { client, kind, namespace, labelSelector, fieldSelector } = this.#options;
    const resourceVersion = this.#resourceVersion;
    const selection = { namespace, labelSelector, fieldSelector };
    const options = { ...selection, resourceVersion, allowBookmarks: true, signal };
    let progressed = false;
    for await (const event of client.watch(kind, options)) {
      progressed = true;
      this.#apply(event);
    }
    return progressed;
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === "BOOKMARK") {
      this.#resourceVersion = event.resourceVersion;
      return;
    }
    const key = keyOf(refOf(event.object));
    if (event.type === "DELETED") this.#remove(key, event.object);
    else this.#set(key, event.object);
    this.#resourceVersion = event.object.metadata.resourceVersion;
  }

  #set(key: string, received: T): void {
    const object = this.#options.keep?.(received) ?? received;
    const previous = this.#cache.set(key, object);
    const { resourceVersion } = object.metadata;
    // Objects that are made up at every list have no version.
    if (resourceVersion !== undefined && previous?.metadata.resourceVersion === resourceVersion) return;
    this.#tell(previous === undefined ? { type: "added", object } : { type: "updated", object, previous });
  }

  #remove(key: string, last?: T): void {
    const previous = this.#cache.delete(key);
    if (previous !== undefined) this.#tell({ type: "deleted", object: last ?? previous });
  }

  #tell(change: InformerChange<T>): void {
    for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: InformerHandler<T>, change: InformerChange<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#log.error("a handler failed", { error, object: keyOf(refOf(change.object)) });
    }
  }
}
