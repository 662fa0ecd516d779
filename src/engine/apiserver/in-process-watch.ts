/** A watch as an async iterator over shared events, with a bound on what may wait to be taken. */

import type { WatchEvent, WatchOptions } from "../../client/client.ts";
import type { Kind } from "../../model/kind.ts";
import { resourceName } from "../../model/kind.ts";
import type { KubeObject } from "../../model/meta.ts";
import type { StatusError } from "../../model/status.ts";
import type { StoreEvent, StoreWatch } from "../store/store.ts";
import { expired } from "./api-errors.ts";
import { selectionOf } from "./operations/selection.ts";
import { seenBy } from "./operations/views.ts";
import { startWatch } from "./operations/watch.ts";
import type { ServerParts } from "./parts.ts";

export async function* watchInProcess<T extends KubeObject>(
  parts: ServerParts,
  kind: Kind<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { labelSelector, fieldSelector, signal, ...request } = options;
  const selection = selectionOf(kind, labelSelector, fieldSelector);
  const queue = new EventQueue<WatchEvent<T>>(parts.limits.watchBufferEvents);
  const view = parts.views.acquire(`value|${resourceName(kind)}|${selection.key}`, (events) =>
    events.flatMap((event: StoreEvent): WatchEvent<T>[] => {
      const seen = seenBy(selection, event);
      return seen === undefined ? [] : [{ type: seen.type, object: seen.entry.value as T }];
    }),
  );
  let watch: StoreWatch | undefined;
  const abort = (): void => queue.end();
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) queue.end();
  try {
    watch = startWatch(
      parts,
      { kind, selection, ...request },
      {
        initial: (entries) =>
          queue.pushInitial(entries.map(({ value }) => ({ type: "ADDED", object: value as T }))),
        events: (batch) => queue.push(view.of(batch)),
        bookmark: (revision) => queue.push([{ type: "BOOKMARK", resourceVersion: String(revision) }]),
      },
    );
    yield* queue.take();
  } finally {
    signal?.removeEventListener("abort", abort);
    watch?.stop();
    view.release();
  }
}

/** Batches as they come, handed out one by one. A taker that falls too far behind is told so at once. */
class EventQueue<E> {
  readonly #limit: number;
  #batches: (readonly E[])[] = [];
  #waiting = 0;
  #ended = false;
  #failure: StatusError | undefined;
  #wake: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What the watch begins with; bounded by what is in the store, not by the limit. */
  pushInitial(events: readonly E[]): void {
    this.#batches.push(events);
    this.#wake?.();
  }

  push(events: readonly E[]): void {
    if (this.#ended || events.length === 0) return;
    this.#waiting += events.length;
    if (this.#waiting > this.#limit) {
      this.#failure = expired(
        "the watcher was too slow and has missed events: list again and watch from there",
      );
      this.#batches = [];
      this.end();
      return;
    }
    this.#batches.push(events);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *take(): AsyncGenerator<E, void, undefined> {
    for (;;) {
      const batches = this.#batches;
      this.#batches = [];
      this.#waiting = 0;
      for (const batch of batches) {
        for (const event of batch) {
          if (this.#ended) break;
          yield event;
        }
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return;
      if (this.#batches.length > 0) continue;
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
