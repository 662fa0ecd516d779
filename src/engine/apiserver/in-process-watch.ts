/** A watch as an async iterator over shared events, with a bound on what may wait to be taken. */

import type { WatchEvent, WatchOptions } from "../../client/client.ts";
import type { Kind } from "../../model/kind.ts";
import { resourceName } from "../../model/kind.ts";
import type { KubeObject } from "../../model/meta.ts";
import type { StatusError } from "../../model/status.ts";
import type { StoreEvent } from "../store/store.ts";
import { expired } from "./api-errors.ts";
import { selectionOf } from "./operations/selection.ts";
import { seenBy } from "./operations/views.ts";
import { startWatch } from "./operations/watch.ts";
import type { ServerParts } from "./parts.ts";

/** Begins with the first `next`, which rejects when it cannot begin. */
export function watchInProcess<T extends KubeObject>(
  parts: ServerParts,
  kind: Kind<T>,
  options: WatchOptions,
): AsyncIterator<WatchEvent<T>, void, undefined> {
  const queue = new EventQueue<WatchEvent<T>>(parts.limits.watchBufferEvents);
  let begun = false;
  return {
    next() {
      if (!begun) {
        begun = true;
        try {
          begin(parts, { kind, options, queue });
        } catch (error) {
          queue.end();
          return Promise.reject(error);
        }
      }
      return queue.next();
    },
    return() {
      begun = true;
      queue.end();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

interface Beginning<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly options: WatchOptions;
  readonly queue: EventQueue<WatchEvent<T>>;
}

function begin<T extends KubeObject>(parts: ServerParts, { kind, options, queue }: Beginning<T>): void {
  const { labelSelector, fieldSelector, signal, ...request } = options;
  const selection = selectionOf(kind, labelSelector, fieldSelector);
  const view = parts.views.acquire(`value|${resourceName(kind)}|${selection.key}`, (events) =>
    events.flatMap((event: StoreEvent): WatchEvent<T>[] => {
      const seen = seenBy(selection, event);
      return seen === undefined ? [] : [{ type: seen.type, object: seen.entry.value as T }];
    }),
  );
  const abort = (): void => queue.end();
  signal?.addEventListener("abort", abort, { once: true });
  queue.whenEnded(() => {
    signal?.removeEventListener("abort", abort);
    view.release();
  });
  const watch = startWatch(
    parts,
    { kind, selection, ...request },
    {
      initial: (entries) =>
        queue.pushInitial(entries.map(({ value }) => ({ type: "ADDED", object: value as T }))),
      events: (batch) => queue.push(view.of(batch)),
      bookmark: (revision) => queue.push([{ type: "BOOKMARK", resourceVersion: String(revision) }]),
    },
  );
  queue.whenEnded(() => watch.stop());
  if (signal?.aborted === true) queue.end();
}

interface Taker<E> {
  readonly resolve: (result: IteratorResult<E, void>) => void;
  readonly reject: (failure: StatusError) => void;
}

/** Batches as they come, handed out one by one. A taker that falls too far behind is told so at once. */
class EventQueue<E> {
  readonly #limit: number;
  /** What is handed out now, and what comes next of it. */
  #taken: readonly (readonly E[])[] = [];
  #atBatch = 0;
  #atEvent = 0;
  #batches: (readonly E[])[] = [];
  /** Events of `batches`, but for those that the watch began with. */
  #waiting = 0;
  #ended = false;
  #failure: StatusError | undefined;
  readonly #takers: Taker<E>[] = [];
  readonly #atEnd: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs the task at the end, now if that was before. */
  whenEnded(task: () => void): void {
    if (this.#ended) task();
    else this.#atEnd.push(task);
  }

  /** What the watch begins with; bounded by what is in the store, not by the limit. */
  pushInitial(events: readonly E[]): void {
    this.#batches.push(events);
    this.#handOut();
  }

  push(events: readonly E[]): void {
    if (this.#ended || events.length === 0) return;
    this.#waiting += events.length;
    if (this.#waiting > this.#limit) {
      this.#failure = expired(
        "the watcher was too slow and has missed events: list again and watch from there",
      );
      this.end();
      return;
    }
    this.#batches.push(events);
    this.#handOut();
  }

  /** What is not handed out yet is dropped. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#batches = [];
    this.#taken = [];
    for (const task of this.#atEnd.splice(0)) task();
    for (const taker of this.#takers.splice(0)) void this.next().then(taker.resolve, taker.reject);
  }

  next(): Promise<IteratorResult<E, void>> {
    if (this.#ended) {
      const failure = this.#failure;
      this.#failure = undefined;
      return failure === undefined
        ? Promise.resolve({ done: true, value: undefined })
        : Promise.reject(failure);
    }
    const event = this.#takers.length === 0 ? this.#shift() : undefined;
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
  }

  #handOut(): void {
    while (this.#takers.length > 0) {
      const event = this.#shift();
      if (event === undefined) return;
      this.#takers.shift()?.resolve({ done: false, value: event });
    }
  }

  #shift(): E | undefined {
    for (;;) {
      const batch = this.#taken[this.#atBatch];
      if (batch === undefined) {
        if (this.#batches.length === 0) return undefined;
        this.#taken = this.#batches;
        this.#batches = [];
        this.#atBatch = 0;
        this.#waiting = 0;
      } else if (this.#atEvent < batch.length) {
        return batch[this.#atEvent++];
      } else {
        this.#atBatch += 1;
        this.#atEvent = 0;
      }
    }
  }
}
