/**
 * Sends an app's lines to one receiver. Lines wait in a buffer of bounded size; a receiver that takes none costs what is in
 * it, never the app or the platform. What was dropped is counted, and told in the stream.
 */

import { backoffDelayMs } from "../../../lib/backoff.ts";
import { sleep, type Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { LogDrainStatus } from "../../../model/kinds/nagi/logdrain/logdrain.ts";
import { isOfSource, type LogLine } from "../../../model/log-line.ts";
import { LineBuffer } from "./line-buffer.ts";
import type { Receiver } from "./receivers.ts";

const batchMaxLines = 1000;
/** So that lines that come one after the other go together. */
const gatherMs = 200;
const retry = { baseMs: 1000, capMs: 60_000 };

export interface DrainOptions {
  readonly name: string;
  readonly source: string | undefined;
  /** Why nothing may be sent at present. */
  readonly problem?: () => string | undefined;
  /** A new one after each failure. */
  readonly open: () => Promise<Receiver>;
  /** Puts a line of the platform into the app's own stream. */
  readonly tell: (text: string) => void;
  /** What a run before this one counted. */
  readonly counted: { readonly sent: number; readonly dropped: number };
  readonly clock: Clock;
}

export class Drain {
  readonly #options: DrainOptions;
  readonly #buffer = new LineBuffer();
  #sent = 0;
  #lastSentMs: number | undefined;
  #failure: { readonly message: string; readonly sinceMs: number } | undefined;
  #wake = (): void => undefined;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  readonly listener = (lines: readonly LogLine[]): void => {
    const { source } = this.#options;
    for (const line of lines)
      if (source === undefined || isOfSource(line.source, source)) this.#buffer.add(line);
    if (this.#buffer.size > 0) this.#wake();
  };

  get status(): LogDrainStatus {
    const { counted } = this.#options;
    return {
      phase: this.#failure !== undefined ? "Failing" : this.#lastSentMs === undefined ? "Waiting" : "Sending",
      message: this.#failure?.message,
      failingSince: timeText(this.#failure?.sinceMs),
      sent: counted.sent + this.#sent,
      dropped: counted.dropped + this.#buffer.dropped,
      buffered: this.#buffer.size,
      lastSentTime: timeText(this.#lastSentMs),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, open } = this.#options;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    let receiver: Receiver | undefined;
    let failures = 0;
    while (!signal.aborted) {
      if (this.#buffer.size === 0) await this.#more();
      if (signal.aborted) break;
      if (failures === 0 && this.#buffer.size < batchMaxLines) await sleep(clock, gatherMs, signal);
      try {
        const problem = this.#options.problem?.();
        if (problem !== undefined) throw new Error(problem);
        receiver ??= await open();
        await this.#sendSome(receiver);
        failures = 0;
      } catch (error) {
        receiver?.close();
        receiver = undefined;
        failures += 1;
        this.#fail(error);
        await sleep(clock, backoffDelayMs(retry, failures), signal);
      }
    }
    receiver?.close();
  }

  async #sendSome(receiver: Receiver): Promise<void> {
    const { clock, name, tell } = this.#options;
    const lines = this.#buffer.peek(batchMaxLines);
    const dropped = this.#buffer.untold;
    const text =
      dropped === undefined
        ? ""
        : `${dropped.count} lines from ${dropped.since} on were dropped: drain ${name} did not take them`;
    const notice = { time: new Date(clock.now()).toISOString(), source: "platform", text };
    await receiver.send(text === "" ? lines : [notice, ...lines]);
    this.#buffer.remove(lines);
    this.#sent += lines.length;
    this.#lastSentMs = clock.now();
    if (this.#failure !== undefined) tell(`drain ${name} takes lines again`);
    this.#failure = undefined;
    if (dropped === undefined) return;
    this.#buffer.told(dropped.count);
    tell(text);
  }

  #fail(error: unknown): void {
    const { clock, name, tell } = this.#options;
    const message = messageOf(error);
    if (this.#failure === undefined) tell(`drain ${name} fails: ${message}`);
    this.#failure = { message, sinceMs: this.#failure?.sinceMs ?? clock.now() };
  }

  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

function timeText(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z");
}
