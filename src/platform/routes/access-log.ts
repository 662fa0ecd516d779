/**
 * The router's access log. HAProxy writes lines into a ring in its own memory, which costs it almost nothing; here they are
 * fetched now and then, in large pieces, and kept in a file of bounded size. Lines are taken apart only when somebody
 * asks for them.
 *
 * When more is written than is fetched, lines are lost, never requests. What is in the ring survives Nagi.
 */

import { appendFile, readFile, rename } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { sleep, type Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { accessRing } from "./haproxy-config.ts";
import type { HaproxyCli } from "./haproxy-cli.ts";

const fileMaxBytes = 4 * 1024 * 1024;
/** While nobody follows; and while somebody does. */
const fetchIntervalMs = 1000;
const followIntervalMs = 150;
/** One visit to a ring fetches no more than this. */
const visitMaxBytes = 2 * 1024 * 1024;
const chunkWaitMs = 10;
const lineFeed = 10;
const visitQuietMs = 10;
/** Somebody who asks waits this long for what was written a moment ago; it comes through HAProxy's master. */
const askedQuietMs = 40;

export interface AccessLogOptions {
  readonly dir: string;
  readonly cli: HaproxyCli;
  /** Of the worker that takes new connections; undefined while it is not known. */
  readonly workerPid: () => number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Gets whole lines, in the order of their writing. */
export type LineListener = (lines: readonly string[]) => void;

interface Ring {
  readonly pid: number;
  readonly socket: Socket;
  /** What came and has not been taken yet. */
  chunks: Buffer[];
  /** A line that has not ended yet. */
  rest: Buffer;
  /** Ends of lines that are in the file already, while the ring's past is read. */
  seen: ReadonlySet<string> | undefined;
}

export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #file: string;
  #ring: Ring | undefined;
  readonly #listeners = new Set<LineListener>();
  #fileBytes: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#file = join(options.dir, "access.log");
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      await this.#inTurn(() => this.#fetch(visitQuietMs)).catch((error: unknown) => {
        log.warn("cannot read the access log", { error: messageOf(error) });
      });
      await sleep(clock, this.#listeners.size > 0 ? followIntervalMs : fetchIntervalMs, signal);
    }
    this.#ring?.socket.destroy();
  }

  /** All that is kept, the oldest first; with a listener, it hears of everything after that and of nothing twice. */
  async read(listener?: LineListener): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      await this.#fetch(askedQuietMs);
      const past = await this.#lines();
      if (listener !== undefined) this.#listeners.add(listener);
      return past;
    });
  }

  leave(listener: LineListener): void {
    this.#listeners.delete(listener);
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

  /** Ends when nothing has come for `quietMs`. */
  async #fetch(quietMs: number): Promise<void> {
    const pid = this.#options.workerPid();
    if (this.#ring?.socket.destroyed === true) this.#ring = undefined;
    if (this.#ring !== undefined) await this.#drain(this.#ring, quietMs);
    if (pid === undefined || this.#ring?.pid === pid) return;
    // The worker of before may end now; what it still has to say is not heard.
    this.#ring?.socket.destroy();
    this.#ring = await this.#join(pid);
    await this.#drain(this.#ring, askedQuietMs);
    // The past is read: everything is new now.
    this.#ring.seen = undefined;
  }

  async #join(pid: number): Promise<Ring> {
    const socket = await this.#options.cli.follow(`show events ${accessRing} -w`);
    const ring: Ring = {
      pid,
      socket,
      chunks: [],
      rest: Buffer.alloc(0),
      seen: new Set((await this.#lines()).map(endOf)),
    };
    socket.on("data", (chunk: Buffer) => ring.chunks.push(chunk));
    socket.on("close", () => socket.destroy());
    // Whoever does not read is not sent more: the ring waits, and HAProxy does not.
    socket.pause();
    return ring;
  }

  async #drain(ring: Ring, quietMs: number): Promise<void> {
    const { clock } = this.#options;
    let fetched = 0;
    let quietSinceMs = clock.now();
    ring.socket.resume();
    while (fetched < visitMaxBytes && clock.now() - quietSinceMs <= quietMs) {
      await sleep(clock, chunkWaitMs);
      const chunks = ring.chunks.splice(0);
      if (chunks.length === 0) continue;
      const data = Buffer.concat([ring.rest, ...chunks]);
      fetched += data.length;
      await this.#take(ring, data);
      quietSinceMs = clock.now();
    }
    ring.socket.pause();
  }

  /** Without taking lines apart, unless somebody wants to know. */
  async #take(ring: Ring, data: Buffer): Promise<void> {
    const end = data.lastIndexOf(lineFeed) + 1;
    ring.rest = data.subarray(end);
    let whole = data.subarray(0, end);
    const { seen } = ring;
    if (seen !== undefined) {
      const fresh = linesOf(whole).filter((line) => line !== "" && !seen.has(endOf(line)));
      whole = Buffer.from(fresh.map((line) => `${line}\n`).join(""), "latin1");
    }
    if (whole.length === 0) return;
    await this.#keep(whole);
    if (this.#listeners.size === 0) return;
    const lines = linesOf(whole);
    for (const listener of this.#listeners) listener(lines);
  }

  async #keep(data: Buffer): Promise<void> {
    this.#fileBytes ??= (await readText(this.#file)).length;
    if (this.#fileBytes + data.length > fileMaxBytes) {
      await rename(this.#file, `${this.#file}.1`).catch(ignoreMissing);
      this.#fileBytes = 0;
    }
    await appendFile(this.#file, data, { mode: 0o600 });
    this.#fileBytes += data.length;
  }
}

function linesOf(data: Buffer): string[] {
  return data.toString("latin1").split("\n").slice(0, -1);
}

/** The last word, `pid:number`, is unique among all lines. */
function endOf(line: string): string {
  return line.slice(line.lastIndexOf(" ") + 1);
}

function readText(path: string): Promise<string> {
  return readFile(path, "latin1").catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
