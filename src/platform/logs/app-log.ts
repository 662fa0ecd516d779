/**
 * The lines of one app, kept in files of its own and told to whoever follows.
 *
 * What must stay true: what was written is never written twice, and what was not is told of; memory is bounded, and so
 * are the files.
 */

import { appendFile, mkdir, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import { logLineText, parseLogLine, sortByTime, type LogLine } from "../../model/log-line.ts";
import { Cursors, type Cursor } from "./cursors.ts";
import {
  compress,
  currentName,
  dropSegments,
  listSegments,
  readSegment,
  segmentsToDrop,
  type LogLimits,
} from "./segments.ts";

/** A file that is as large as this is put aside and compressed. */
const segmentBytes = 2 * 1024 * 1024;
const segmentMaxAgeMs = 24 * 3600_000;
/** Lines are written together after this long. */
const flushMs = 200;
/** Lines in memory that wait to be written; who brings more, waits. */
const waitingMaxBytes = 1024 * 1024;

export interface AppLogOptions {
  readonly dir: string;
  readonly limits: () => LogLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ReadRequest {
  readonly isWanted: (line: LogLine) => boolean;
  readonly sinceMs?: number | undefined;
  /** Last lines; absent: all. */
  readonly tail?: number | undefined;
  /** Hears of everything after what is read, and of nothing twice. */
  readonly listener?: LogListener | undefined;
}

export type LogListener = (lines: readonly LogLine[]) => void;

export class AppLog {
  readonly #options: AppLogOptions;
  readonly #current: string;
  readonly #listeners = new Set<LogListener>();
  #cursors = new Cursors();
  #waiting: LogLine[] = [];
  #waitingBytes = 0;
  #flush: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isOpen = false;
  #bytes = 0;
  #startedMs = 0;
  #nextNumber = 1;
  #unwritten = 0;
  #isClosed = false;

  constructor(options: AppLogOptions) {
    this.#options = options;
    this.#current = join(options.dir, currentName);
    // Whoever needs it open tries again, and hears of it.
    this.#inTurn(() => this.#open()).catch(() => undefined);
  }

  /** How far a source has been kept. */
  cursorOf(source: string): Promise<Cursor | undefined> {
    return this.#inTurn(async () => {
      await this.#open();
      return this.#cursors.get(source);
    });
  }

  /** Resolves when there is room for more. */
  async add(lines: readonly LogLine[]): Promise<void> {
    if (lines.length === 0 || this.#isClosed) return;
    for (const line of lines) {
      this.#waiting.push(line);
      this.#waitingBytes += line.text.length + line.source.length + line.time.length;
    }
    for (const listener of this.#listeners) listener(lines);
    this.#flush ??= this.#flushLater();
    while (this.#waitingBytes > waitingMaxBytes && this.#flush !== undefined) await this.#flush;
  }

  async *read(request: ReadRequest): AsyncGenerator<readonly LogLine[]> {
    const { segments, current } = await this.#inTurn(async () => {
      // At one moment: what waits is written and read, what comes from now on is heard.
      if (request.listener !== undefined) this.#listeners.add(request.listener);
      await this.#writeOrWarn();
      const names = (await listSegments(this.#options.dir)).filter(
        ({ endMs }) => request.sinceMs === undefined || endMs >= request.sinceMs,
      );
      const text = await readSegment(this.#options.dir, currentName);
      return { segments: names, current: text };
    });
    const wanted = (text: string): LogLine[] => sortByTime(linesIn(text).filter(isMeant(request)));
    if (request.tail === undefined) {
      for (const { name } of segments) yield wanted(await readSegment(this.#options.dir, name));
      yield wanted(current);
      return;
    }
    if (request.tail === 0) return;
    let found = wanted(current);
    for (const { name } of segments.toReversed()) {
      if (found.length >= request.tail) break;
      found = [...wanted(await readSegment(this.#options.dir, name)), ...found];
    }
    yield sortByTime(found).slice(-request.tail);
  }

  listen(listener: LogListener): void {
    this.#listeners.add(listener);
  }

  leave(listener: LogListener): void {
    this.#listeners.delete(listener);
  }

  /** Drops what is too old or too much. */
  async tidy(): Promise<void> {
    await this.#inTurn(async () => {
      const { clock, dir, limits } = this.#options;
      const isOld = this.#bytes > 0 && clock.now() - this.#startedMs > segmentMaxAgeMs;
      if (isOld) await this.#rotate();
      const segments = await listSegments(dir);
      await dropSegments(dir, segmentsToDrop(segments, this.#bytes, limits(), clock.now()));
    });
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#write());
  }

  /** The app has gone, and its lines with it. */
  async remove(): Promise<void> {
    this.#isClosed = true;
    await this.#inTurn(async () => {
      this.#waiting = [];
      await rm(this.#options.dir, { recursive: true, force: true });
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Once: learns from the files how far each source was kept. What a disk did not let it do is tried again. */
  async #open(): Promise<void> {
    if (this.#isOpen || this.#isClosed) return;
    const { dir, clock } = this.#options;
    this.#cursors = new Cursors();
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const segments = await listSegments(dir);
    this.#nextNumber = (segments.at(-1)?.number ?? 0) + 1;
    const text = await readSegment(dir, currentName);
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    // A line that was being written when Nagi was killed is written again.
    if (whole.length < text.length) await truncate(this.#current, Buffer.byteLength(whole));
    this.#bytes = Buffer.byteLength(whole);
    this.#startedMs = this.#bytes === 0 ? clock.now() : (await stat(this.#current)).birthtimeMs;
    const plain = segments.filter(({ name }) => !name.endsWith(".gz"));
    // When Nagi was killed between two files, the last one says how far it went.
    const before = whole === "" ? plain.at(-1) : undefined;
    const known = before === undefined ? whole : await readSegment(dir, before.name);
    for (const line of known.split("\n")) {
      if (line.startsWith("#")) this.#cursors.readHead(line);
      else for (const parsed of linesIn(line)) this.#cursors.note(parsed);
    }
    for (const segment of plain) await compress(dir, segment);
    this.#isOpen = true;
  }

  async #flushLater(): Promise<void> {
    await new Promise<void>((resolve) => {
      const now = this.#waitingBytes > waitingMaxBytes;
      this.#options.clock.after(now ? 0 : flushMs, resolve);
    });
    this.#flush = undefined;
    await this.#inTurn(() => this.#writeOrWarn());
  }

  /** Of what a disk does not take, the number is told later; what it has can be read all the same. */
  async #writeOrWarn(): Promise<void> {
    await this.#write().catch((error: unknown) => {
      this.#options.log.warn("cannot keep an app's lines", { error: messageOf(error) });
    });
  }

  async #write(): Promise<void> {
    const lines = this.#waiting;
    if (lines.length === 0 || this.#isClosed) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      await this.#open();
      await this.#append(this.#unwritten > 0 ? [...lines, this.#lossLine()] : lines);
    } catch (error) {
      this.#unwritten += lines.length;
      throw error;
    }
    this.#unwritten = 0;
    if (this.#bytes >= segmentBytes) await this.#rotate();
  }

  async #append(lines: readonly LogLine[]): Promise<void> {
    const head = this.#bytes === 0 ? this.#cursors.headLine() : "";
    const data = Buffer.from(head + lines.map(logLineText).join(""));
    try {
      if (this.#bytes === 0) this.#startedMs = this.#options.clock.now();
      await appendFile(this.#current, data, { mode: 0o600 });
    } catch (error) {
      // Of a full disk a part may have been written.
      await truncate(this.#current, this.#bytes).catch(() => undefined);
      throw error;
    }
    this.#bytes += data.length;
    for (const line of lines) this.#cursors.note(line);
  }

  #lossLine(): LogLine {
    return {
      time: new Date(this.#options.clock.now()).toISOString(),
      source: "platform",
      text: `${this.#unwritten} lines could not be kept: the disk took nothing`,
    };
  }

  async #rotate(): Promise<void> {
    const { dir, clock, limits } = this.#options;
    const name = `${this.#nextNumber++}.log`;
    await rename(this.#current, join(dir, name));
    const head = Buffer.from(this.#cursors.headLine());
    await appendFile(this.#current, head, { mode: 0o600 });
    this.#bytes = head.length;
    this.#startedMs = clock.now();
    await compress(dir, { name, endMs: clock.now() });
    const segments = await listSegments(dir);
    await dropSegments(dir, segmentsToDrop(segments, this.#bytes, limits(), clock.now()));
  }
}

function linesIn(text: string): LogLine[] {
  return text.split("\n").flatMap((line) => (line.startsWith("#") ? [] : (parseLogLine(line) ?? [])));
}

function isMeant({ isWanted, sinceMs }: ReadRequest): (line: LogLine) => boolean {
  const since = sinceMs === undefined ? "" : new Date(sinceMs).toISOString();
  return (line) => line.time >= since && isWanted(line);
}
