/**
 * A watch over HTTP: one JSON line an event. Watchers that see the same share the lines. A client that does not
 * read is cut off at a limit, with an ERROR event that makes it list again.
 */

import type { ServerResponse } from "node:http";
import { resourceName } from "../../../model/kind.ts";
import type { Entry, StoreEvent, StoreWatch } from "../../store/store.ts";
import { apiVersionOf } from "../../../model/kind.ts";
import { expired } from "../api-errors.ts";
import { seenBy, type ViewHandle } from "../operations/views.ts";
import { startWatch, type WatchRequest } from "../operations/watch.ts";
import type { Stored } from "../parts.ts";
import type { Exchange } from "./exchange.ts";
import { encodeEvent, type Shape } from "./forms.ts";
import { statusOf } from "./respond.ts";

export interface WatchStreamRequest extends WatchRequest {
  readonly shape: Shape;
  readonly timeoutSeconds: number | undefined;
}

export function streamWatch(exchange: Exchange, request: WatchStreamRequest): Promise<void> {
  const stream = new WatchStream(exchange, request);
  return stream.run();
}

class WatchStream {
  readonly #exchange: Exchange;
  readonly #request: WatchStreamRequest;
  readonly #response: ServerResponse;
  readonly #view: ViewHandle<Buffer>;
  #watch: StoreWatch | undefined;
  #ended = false;
  /** Tables carry their columns with the first event, so that one is made for this watcher alone. */
  #first: boolean;
  /** What may wait in the connection: the limit, and at the start also what the watch began with. */
  #allowedBytes: number;

  constructor(exchange: Exchange, request: WatchStreamRequest) {
    this.#exchange = exchange;
    this.#request = request;
    this.#response = exchange.response;
    this.#allowedBytes = exchange.api.parts.limits.watchBufferBytes;
    const { kind, selection, shape } = request;
    this.#first = shape.form === "table";
    const key = [shape.form, shape.includeObject, resourceName(kind), selection.key].join("|");
    this.#view = exchange.api.parts.views.acquire(key, (events) => this.#lines(events, false));
  }

  run(): Promise<void> {
    const { response } = this.#exchange;
    const leave = this.#exchange.openStream();
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    const timer = this.#exchange.api.parts.clock.after(this.#durationMs(), () => this.#finish());
    const close = (): void => this.#finish();
    this.#exchange.closing.addEventListener("abort", close, { once: true });
    this.#start();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stop();
        timer.cancel();
        this.#exchange.closing.removeEventListener("abort", close);
        leave();
        resolve();
      };
      if (response.closed) done();
      else response.once("close", done);
    });
  }

  #start(): void {
    try {
      this.#watch = startWatch(this.#exchange.api.parts, this.#request, {
        initial: (entries) => this.#begin(entries),
        events: (batch) => this.#write(this.#first ? this.#lines(batch, true) : this.#view.of(batch)),
        bookmark: (revision, endOfInitial) => this.#write(this.#bookmark(revision, endOfInitial)),
      });
      if (this.#ended) this.#watch.stop();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Clients that all came at once should not all come again at once. */
  #durationMs(): number {
    const { timeoutSeconds } = this.#request;
    if (timeoutSeconds !== undefined && timeoutSeconds > 0) return timeoutSeconds * 1000;
    return this.#exchange.api.parts.limits.watchMs * (1 + Math.random() / 2);
  }

  #begin(entries: readonly Entry[]): void {
    const lines = Buffer.from(
      entries.map((entry, index) => this.#line("ADDED", entry, index === 0)).join(""),
    );
    this.#allowedBytes += lines.length;
    this.#response.once("drain", () => {
      this.#allowedBytes = this.#exchange.api.parts.limits.watchBufferBytes;
    });
    this.#write(lines);
  }

  #lines(batch: readonly StoreEvent[], first: boolean): Buffer {
    let withColumns = first;
    const lines: string[] = [];
    for (const event of batch) {
      const seen = seenBy(this.#request.selection, event);
      if (seen === undefined) continue;
      lines.push(this.#line(seen.type, seen.entry, withColumns));
      withColumns = false;
    }
    return Buffer.from(lines.join(""));
  }

  #line(type: string, stored: Stored, withColumns: boolean): string {
    const { kind, shape } = this.#request;
    const fresh = { ...shape, nowMs: this.#exchange.api.parts.clock.now() };
    return `{"type":"${type}","object":${encodeEvent(kind, stored, fresh, withColumns)}}\n`;
  }

  #bookmark(revision: number, endOfInitial: boolean): Buffer {
    const { kind, shape } = this.#request;
    const annotations = endOfInitial ? { "k8s.io/initial-events-end": "true" } : undefined;
    const metadata = { resourceVersion: String(revision), creationTimestamp: null, annotations };
    const object =
      shape.form === "object"
        ? { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata }
        : bookmarkOf(shape, metadata);
    return Buffer.from(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  #write(lines: Buffer): void {
    if (this.#ended || lines.length === 0) return;
    this.#first = false;
    this.#response.write(lines);
    if (this.#response.writableLength <= this.#allowedBytes) return;
    this.#fail(expired("the watcher was too slow and has missed events: list again and watch from there"));
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    const { clock, limits, log } = this.#exchange.api.parts;
    this.#response.write(`${JSON.stringify({ type: "ERROR", object: statusOf(error, log) })}\n`);
    this.#finish();
    // A client that reads nothing would hold what waits for it as long as its connection lasts.
    const timer = clock.after(limits.closeMs, () => this.#response.destroy());
    this.#response.once("close", () => timer.cancel());
  }

  #finish(): void {
    this.#stop();
    this.#response.end();
  }

  #stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch?.stop();
    this.#view.release();
  }
}

function bookmarkOf({ form }: Shape, metadata: object): object {
  if (form === "metadata") return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: [], rows: [] };
}
