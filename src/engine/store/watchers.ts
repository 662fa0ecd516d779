/**
 * Delivery to watchers. A watcher first gets what the window holds after its revision and then what each commit
 * brings. Watchers of one scope share one array of events, and all share the encoded objects.
 */

import type { Logger } from "../../lib/log.ts";
import type { StoreEvent, StoreWatch, WatchRequest } from "./store.ts";

interface Watcher {
  readonly request: WatchRequest;
  /** The store's revision when the watch began: what is newer is live. */
  readonly startRevision: number;
  /** What waits until the caller has its handle; absent once that is delivered. */
  backlog: StoreEvent[] | undefined;
  stopped: boolean;
}

export interface WatchersOptions {
  readonly log: Logger;
  readonly eventsAfter: (resource: string, revision: number, namespace?: string) => readonly StoreEvent[];
  readonly revision: () => number;
}

export class Watchers {
  readonly #options: WatchersOptions;
  readonly #byResource = new Map<string, Set<Watcher>>();

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  add(request: WatchRequest): StoreWatch {
    const { resource, namespace, afterRevision } = request;
    const watcher: Watcher = {
      request,
      startRevision: this.#options.revision(),
      backlog: [...this.#options.eventsAfter(resource, afterRevision, namespace)],
      stopped: false,
    };
    let watchers = this.#byResource.get(resource);
    if (watchers === undefined) {
      watchers = new Set();
      this.#byResource.set(resource, watchers);
    }
    watchers.add(watcher);
    queueMicrotask(() => {
      const backlog = watcher.backlog ?? [];
      watcher.backlog = undefined;
      this.#tell(watcher, backlog);
    });
    return { stop: () => this.#stop(watcher) };
  }

  /** Hands out what one commit brought to one resource, in revision order; `revision` is the commit's last. */
  deliver(resource: string, events: readonly StoreEvent[], revision: number): void {
    const byNamespace = new Map<string, StoreEvent[]>();
    for (const watcher of this.#byResource.get(resource) ?? []) {
      // One that was started by a callback of this very commit has it in its backlog.
      if (revision <= watcher.startRevision) continue;
      const { namespace } = watcher.request;
      const own = namespace === undefined ? events : ofNamespace(events, namespace, byNamespace);
      if (watcher.backlog === undefined) this.#tell(watcher, own);
      else watcher.backlog.push(...own);
    }
  }

  stopAll(): void {
    for (const watchers of this.#byResource.values()) for (const watcher of watchers) watcher.stopped = true;
    this.#byResource.clear();
  }

  #tell(watcher: Watcher, events: readonly StoreEvent[]): void {
    if (watcher.stopped || events.length === 0) return;
    try {
      watcher.request.onEvents(events);
    } catch (error) {
      const { resource } = watcher.request;
      this.#options.log.error("a watcher failed and gets no more events", { resource, error });
      this.#stop(watcher);
    }
  }

  #stop(watcher: Watcher): void {
    watcher.stopped = true;
    const watchers = this.#byResource.get(watcher.request.resource);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#byResource.delete(watcher.request.resource);
  }
}

function ofNamespace(
  events: readonly StoreEvent[],
  namespace: string,
  known: Map<string, StoreEvent[]>,
): readonly StoreEvent[] {
  let own = known.get(namespace);
  if (own === undefined) {
    own = events.filter((event) => event.entry.namespace === namespace);
    known.set(namespace, own);
  }
  return own;
}
