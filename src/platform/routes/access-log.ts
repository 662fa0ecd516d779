/**
 * The router's access log. HAProxy writes lines into a ring in its own memory, which costs it almost nothing as long
 * as nobody waits for them; here the ring is looked at now and then, and what is new is kept in a file of bounded
 * size. Lines are taken apart only when somebody asks for them.
 *
 * When more is written between two looks than the ring holds, lines are lost, never requests. What is in the ring
 * survives Nagi.
 */

import { appendFile, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { accessRing } from "./haproxy-config.ts";
import type { HaproxyCli } from "./haproxy-cli.ts";

const fileMaxBytes = 4 * 1024 * 1024;
/** While nobody follows; and while somebody does. */
const lookIntervalMs = 2000;
const followIntervalMs = 300;
const lineFeed = 10;

export interface AccessLogOptions {
  readonly dir: string;
  readonly cli: HaproxyCli;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Gets whole lines, in the order of their writing. */
export type LineListener = (lines: readonly string[]) => void;

export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #file: string;
  /** Those who wait for lines. */
  readonly #listeners = new Set<LineListener>();
  /** Those who hear them when they come, soon enough. */
  readonly #others = new Set<LineListener>();
  /** The last line that is kept of each worker, by its pid; read from the file at first. */
  #last: Map<string, string> | undefined;
  #fileBytes = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #wake = (): void => undefined;

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#file = join(options.dir, "access.log");
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      await this.#inTurn(() => this.#look()).catch((error: unknown) => {
        log.debug("cannot read the access log", { error: messageOf(error) });
      });
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const intervalMs = this.#listeners.size > 0 ? followIntervalMs : lookIntervalMs;
      await Promise.race([sleep(clock, intervalMs, signal), promise]);
    }
  }

  /** All that is kept, the oldest first; with a listener, it hears of everything after that and of nothing twice. */
  async read(listener?: LineListener): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      await this.#look();
      const past = await this.#lines();
      if (listener !== undefined) this.#listeners.add(listener);
      this.#wake();
      return past;
    });
  }

  /** Lets it hear of everything from now on, without a hurry. */
  overhear(listener: LineListener): void {
    this.#others.add(listener);
  }

  /** Looks for lines more often, until what it returns is called. */
  hurry(): () => void {
    const waits = (): void => undefined;
    this.#listeners.add(waits);
    this.#wake();
    return () => this.leave(waits);
  }

  /** Resolves when everything has been told that was written so far. */
  async catchUp(): Promise<void> {
    await this.#inTurn(() => this.#look());
  }

  leave(listener: LineListener): void {
    this.#listeners.delete(listener);
    this.#others.delete(listener);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #lines(): Promise<readonly string[]> {
    const texts = await Promise.all([`${this.#file}.1`, this.#file].map(readText));
    return texts.join("").split("\n").slice(0, -1);
  }

  /** Keeps what is new in the rings of all workers, those that a reload left to finish included. */
  async #look(): Promise<void> {
    const { cli } = this.#options;
    const last = (this.#last ??= await this.#readLast());
    const { workers } = await cli.masterState();
    for (const pid of [...last.keys()].filter(
      (each) => !workers.some((worker) => String(worker.pid) === each),
    )) {
      last.delete(pid);
    }
    for (const { pid } of workers) {
      const ring = await cli.dump(pid, `show events ${accessRing}`);
      const known = last.get(String(pid));
      const knownAt = known === undefined ? -1 : ring.lastIndexOf(Buffer.from(known, "latin1"));
      const fresh = ring.subarray(known === undefined || knownAt < 0 ? 0 : knownAt + known.length + 1);
      const whole = trimmed(fresh);
      if (whole.length > 0) await this.#keep(pid, whole);
    }
  }

  async #keep(pid: number, data: Buffer): Promise<void> {
    if (this.#fileBytes + data.length > fileMaxBytes) {
      await rename(this.#file, `${this.#file}.1`).catch(ignoreMissing);
      this.#fileBytes = 0;
    }
    await appendFile(this.#file, data, { mode: 0o600 });
    this.#fileBytes += data.length;
    const lastLine = data.subarray(data.lastIndexOf("\n", -2) + 1, -1);
    this.#last?.set(String(pid), lastLine.toString("latin1"));
    if (this.#listeners.size + this.#others.size === 0) return;
    const lines = data.toString("latin1").split("\n").slice(0, -1);
    for (const listener of [...this.#listeners, ...this.#others]) listener(lines);
  }

  async #readLast(): Promise<Map<string, string>> {
    this.#fileBytes = (await readText(this.#file)).length;
    const last = new Map<string, string>();
    // The last word is `pid:number`.
    for (const line of await this.#lines()) {
      last.set(line.slice(line.lastIndexOf(" ") + 1, line.lastIndexOf(":")), line);
    }
    return last;
  }
}

/** Without the empty line that ends every answer, and without a line that is not whole. */
function trimmed(data: Buffer): Buffer {
  let end = data.lastIndexOf("\n") + 1;
  while (end > 0 && data[end - 1] === lineFeed && (end === 1 || data[end - 2] === lineFeed)) end -= 1;
  return data.subarray(0, end);
}

function readText(path: string): Promise<string> {
  return readFile(path, "latin1").catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
