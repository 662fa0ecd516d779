/** The `log` subresource of a route: its requests. */

import type { LogOptions } from "../../client/client.ts";
import type { LogSource } from "../../client/log-source.ts";
import type { Clock } from "../../lib/clock.ts";
import type { KubeObject } from "../../model/meta.ts";
import { accessText, parseAccessLines, type AccessLine } from "./access-line.ts";
import type { AccessLog } from "./access-log.ts";

/** Lines that wait for a reader who is slower than the log; the oldest go first. */
const waitingMaxLines = 5000;

export interface RouteLogOptions {
  readonly accessLog: AccessLog;
  /** Name of the pod behind `address:port`. */
  readonly targetOf: (server: string) => string | undefined;
  /** `namespace:app:route` of a backend. */
  readonly nameOf: (backend: string) => string | undefined;
  readonly clock: Clock;
}

export class RouteLog implements LogSource {
  readonly #options: RouteLogOptions;

  constructor(options: RouteLogOptions) {
    this.#options = options;
  }

  async *log(object: KubeObject, options: LogOptions): AsyncIterable<Uint8Array> {
    const { accessLog } = this.#options;
    const { follow = false, signal, tailLines } = options;
    const waiting: string[] = [];
    let wake = (): void => undefined;
    signal?.addEventListener("abort", () => wake(), { once: true });
    const listener = (lines: readonly string[]): void => {
      waiting.push(...lines.slice(-waitingMaxLines));
      waiting.splice(0, Math.max(0, waiting.length - waitingMaxLines));
      wake();
    };
    let openBytes = options.limitBytes ?? Number.POSITIVE_INFINITY;
    try {
      let lines = await accessLog.read(follow ? listener : undefined);
      let count = tailLines;
      for (;;) {
        const text = this.#text(tail(this.#select(object, options, lines), count), options);
        const bytes = Buffer.from(text, "latin1").subarray(0, openBytes);
        if (bytes.length > 0) yield bytes;
        openBytes -= bytes.length;
        if (!follow || openBytes <= 0) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        if (waiting.length === 0 && signal?.aborted !== true) await promise;
        if (signal?.aborted === true) return;
        lines = waiting.splice(0);
        count = undefined;
      }
    } finally {
      accessLog.leave(listener);
    }
  }

  #select(object: KubeObject, options: LogOptions, lines: readonly string[]): AccessLine[] {
    const { namespace, name } = object.metadata;
    const sinceMs = this.#sinceMs(options);
    return parseAccessLines(lines, this.#options.nameOf).filter(
      (line) => line.namespace === namespace && line.route === name && line.timeMs >= sinceMs,
    );
  }

  #sinceMs({ sinceSeconds, sinceTime }: LogOptions): number {
    if (sinceSeconds !== undefined) return this.#options.clock.now() - sinceSeconds * 1000;
    return sinceTime === undefined ? 0 : Date.parse(sinceTime);
  }

  #text(lines: readonly AccessLine[], { timestamps }: LogOptions): string {
    return lines
      .map((line) => {
        const time = timestamps === true ? `${new Date(line.timeMs).toISOString()} ` : "";
        return `${time}${accessText(line, this.#options.targetOf)}\n`;
      })
      .join("");
  }
}

function tail(lines: AccessLine[], count: number | undefined): AccessLine[] {
  if (count === undefined) return lines;
  return count === 0 ? [] : lines.slice(-count);
}
