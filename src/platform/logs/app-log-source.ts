/** The `log` subresource of an app: its lines as `TIME SOURCE TEXT`, what is kept and, followed, what comes. */

import type { LogOptions } from "../../client/client.ts";
import type { LogSource } from "../../client/log-source.ts";
import type { Clock } from "../../lib/clock.ts";
import { isOfSource, logLineText, type LogLine } from "../../model/log-line.ts";
import type { KubeObject } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";
import type { AppLog, LogListener } from "./app-log.ts";

/** Lines that wait for a reader who is slower than the app; the oldest go first, and it is told how many. */
const waitingMax = 20_000;
/** More last lines are not asked for at once: all can be had without a number. */
const tailMax = 100_000;

export interface AppLogSourceOptions {
  readonly logOf: (namespace: string, app: string) => AppLog;
  /** Called while somebody follows; returns the way to end that. */
  readonly hurry: () => () => void;
  readonly clock: Clock;
}

export class AppLogSource implements LogSource {
  readonly #options: AppLogSourceOptions;

  constructor(options: AppLogSourceOptions) {
    this.#options = options;
  }

  async *log(object: KubeObject, options: LogOptions): AsyncGenerator<Uint8Array> {
    const { namespace = "", name = "" } = object.metadata;
    const { container: source, follow = false, signal, tailLines } = options;
    if (tailLines !== undefined && tailLines > tailMax)
      throw new StatusError("BadRequest", `tailLines is ${tailLines}: must be at most ${tailMax}`);
    const appLog = this.#options.logOf(namespace, name);
    const isWanted = (line: LogLine): boolean => source === undefined || isOfSource(line.source, source);
    const waiting = new Waiting(isWanted, this.#options.clock);
    signal?.addEventListener("abort", waiting.wake, { once: true });
    const calm = follow ? this.#options.hurry() : undefined;
    try {
      const listener = follow ? waiting.listener : undefined;
      const past = appLog.read({ isWanted, sinceMs: this.#sinceMs(options), tail: tailLines, listener });
      for await (const lines of past) if (lines.length > 0) yield textOf(lines);
      if (!follow) return;
      for (;;) {
        if (signal?.aborted === true) return;
        const lines = waiting.take();
        if (lines.length > 0) yield textOf(lines);
        else await waiting.more();
      }
    } finally {
      appLog.leave(waiting.listener);
      calm?.();
    }
  }

  #sinceMs({ sinceSeconds, sinceTime }: LogOptions): number | undefined {
    if (sinceSeconds !== undefined) return this.#options.clock.now() - sinceSeconds * 1000;
    return sinceTime === undefined ? undefined : Date.parse(sinceTime);
  }
}

class Waiting {
  readonly #isWanted: (line: LogLine) => boolean;
  readonly #clock: Clock;
  #lines: LogLine[] = [];
  #lost = 0;
  #wake = (): void => undefined;

  constructor(isWanted: (line: LogLine) => boolean, clock: Clock) {
    this.#isWanted = isWanted;
    this.#clock = clock;
  }

  readonly wake = (): void => this.#wake();

  readonly listener: LogListener = (lines) => {
    for (const line of lines) if (this.#isWanted(line)) this.#lines.push(line);
    const over = this.#lines.length - waitingMax;
    if (over > 0) {
      this.#lines = this.#lines.slice(over);
      this.#lost += over;
    }
    if (this.#lines.length > 0) this.#wake();
  };

  take(): readonly LogLine[] {
    const lines = this.#lines;
    this.#lines = [];
    if (this.#lost === 0) return lines;
    const text = `${this.#lost} lines were left out: they came faster than they were read`;
    this.#lost = 0;
    return [{ time: new Date(this.#clock.now()).toISOString(), source: "platform", text }, ...lines];
  }

  more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

function textOf(lines: readonly LogLine[]): Uint8Array {
  return Buffer.from(lines.map(logLineText).join(""));
}
