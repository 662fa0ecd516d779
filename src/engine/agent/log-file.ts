/**
 * A container's log read from its file, as Podman's `k8s-file` driver writes it: lines of a time, the output, F or P (a
 * part of a line), and the text. To follow it costs nothing while nothing is written, where the engine looks after each
 * follower's container several times a second.
 *
 * What must stay true: what was written before the container's end is read to its last byte, also when the file is
 * replaced or removed meanwhile.
 */

import { watch, type FSWatcher } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { sleep, type Clock } from "../../lib/clock.ts";

const chunkBytes = 64 * 1024;
/** A file is looked at this often even when the kernel tells of nothing. */
const lookMs = 2000;
/** Between two reads while much is written. */
const pauseMs = 50;
/** After its end, what the container wrote may take so long to be in the file. */
const settleMs = 100;
const lineFeed = 10;

export interface LogFileOptions {
  readonly path: string;
  readonly follow: boolean;
  /** Whether nothing more will be written. */
  readonly isOver: () => boolean;
  /** Called back when that changes; returns the way to end that. */
  readonly onOver: (listener: () => void) => () => void;
  /** Only lines of this time on. */
  readonly sinceMs?: number | undefined;
  /** Only so many last lines of what is there. */
  readonly tail?: number | undefined;
  readonly timestamps: boolean;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Undefined when the file cannot be read, or is of another driver. */
export async function openLogFile(options: LogFileOptions): Promise<AsyncGenerator<Uint8Array> | undefined> {
  if (options.path === "") return undefined;
  const handle = await open(options.path, "r").catch(() => undefined);
  if (handle === undefined) return undefined;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
  if (bytesRead === 0 || /^\d{4}-\d\d-\d\dT\S+ std(out|err) [FP]/.test(buffer.toString("latin1")))
    return readLog(options, handle);
  await handle.close();
  return undefined;
}

async function* readLog(options: LogFileOptions, first: FileHandle): AsyncGenerator<Uint8Array> {
  const { follow, isOver, path, tail, signal } = options;
  const lines = new LogLines(options);
  let handle = first;
  using waker = new Waker(options);
  try {
    let position = tail === undefined ? 0 : await tailStart(handle, tail);
    for (;;) {
      const wasOver = isOver();
      let isNew = false;
      for await (const chunk of chunksFrom(handle, position)) {
        position += chunk.length;
        isNew = true;
        const text = lines.take(chunk);
        if (text.length > 0) yield text;
        if (signal?.aborted === true) return;
      }
      if (!follow) break;
      if (!isNew && (await isReplaced(handle, path))) {
        await handle.close();
        handle = await open(path, "r");
        position = 0;
        continue;
      }
      if (wasOver && !isNew) break;
      await waker.wait(wasOver ? settleMs : isNew ? pauseMs : lookMs, wasOver || isNew);
      if (signal?.aborted === true) return;
    }
    const rest = lines.rest();
    if (rest.length > 0) yield rest;
  } finally {
    await handle.close();
  }
}

async function* chunksFrom(handle: FileHandle, start: number): AsyncGenerator<Buffer> {
  for (let position = start; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A log that is full is begun anew under the same name. */
async function isReplaced(handle: FileHandle, path: string): Promise<boolean> {
  const [own, named] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return named !== undefined && named.ino !== own.ino;
}

/** Where the last `count` whole lines begin. */
async function tailStart(handle: FileHandle, count: number): Promise<number> {
  const { size } = await handle.stat();
  let found = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - chunkBytes);
    const { buffer } = await handle.read(Buffer.allocUnsafe(end - start), 0, end - start, start);
    for (let index = buffer.lastIndexOf(lineFeed); index >= 0;) {
      // The end of a whole line, apart from the file's own last one, comes before a line that is wanted.
      const at = start + index + 1;
      if (at < size || count === 0) {
        if (found === count) return at;
      }
      found += 1;
      index = index === 0 ? -1 : buffer.lastIndexOf(lineFeed, index - 1);
    }
    end = start;
  }
  return 0;
}

/** Turns what the file holds into what the container wrote. */
class LogLines {
  readonly #timestamps: boolean;
  readonly #sinceMs: number | undefined;
  #open: Buffer = Buffer.alloc(0);
  /** Whether the last line was a part: what follows belongs to it. */
  #inLine = false;
  #skips = false;

  constructor({ timestamps, sinceMs }: LogFileOptions) {
    this.#timestamps = timestamps;
    this.#sinceMs = sinceMs;
  }

  take(chunk: Buffer): Buffer {
    const data = this.#open.length === 0 ? chunk : Buffer.concat([this.#open, chunk]);
    const parts: Buffer[] = [];
    let start = 0;
    for (let end = data.indexOf(lineFeed); end >= 0; end = data.indexOf(lineFeed, start)) {
      this.#line(data.subarray(start, end + 1), parts);
      start = end + 1;
    }
    this.#open = Buffer.from(data.subarray(start));
    return Buffer.concat(parts);
  }

  /** Of a line whose end was never written. */
  rest(): Buffer {
    const parts: Buffer[] = [];
    if (this.#open.length > 0) this.#line(this.#open, parts);
    return Buffer.concat(parts);
  }

  #line(line: Buffer, parts: Buffer[]): void {
    // TIME SP stdout SP F SP TEXT
    const timeEnd = line.indexOf(" ");
    const kindAt = line.indexOf(" ", timeEnd + 1) + 1;
    if (timeEnd < 0 || kindAt <= 0) return;
    const isWhole = line[kindAt] === "F".charCodeAt(0);
    const text = line.subarray(kindAt + 2);
    if (!this.#inLine) {
      const time = utcTime(line.toString("latin1", 0, timeEnd));
      this.#skips = this.#sinceMs !== undefined && Date.parse(time) < this.#sinceMs;
      if (this.#timestamps && !this.#skips) parts.push(Buffer.from(`${time} `, "latin1"));
    }
    this.#inLine = !isWhole;
    if (!this.#skips) parts.push(isWhole || text.length === 0 ? text : text.subarray(0, -1));
  }
}

/** With nanoseconds, in UTC, so that times can be compared as texts. */
export function utcTime(time: string): string {
  const [, seconds = "", fraction = "", zone = ""] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  if (seconds === "") return time;
  if (zone === "Z" || zone === "+00:00") return `${seconds}${fraction}Z`;
  return `${new Date(`${seconds}${zone}`).toISOString().slice(0, 19)}${fraction}Z`;
}

/** Waits for the kernel to tell of the file, for the container's end, or for a time to pass. */
class Waker {
  readonly #options: LogFileOptions;
  readonly #stopListening: () => void;
  #watcher: FSWatcher | undefined;
  #wake = (): void => undefined;
  #isWoken = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    const notice = (): void => {
      this.#isWoken = true;
      this.#wake();
    };
    this.#stopListening = options.follow ? options.onOver(notice) : () => undefined;
    if (!options.follow) return;
    try {
      this.#watcher = watch(options.path, { persistent: false }, notice);
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // The kernel watches no more files: looking now and then will do.
    }
  }

  /** `patiently`: whatever happens. */
  async wait(timeMs: number, patiently: boolean): Promise<void> {
    const { clock, signal } = this.#options;
    if (this.#isWoken && !patiently) {
      this.#isWoken = false;
      return;
    }
    const ended = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = patiently ? () => undefined : resolve;
    const signals = signal === undefined ? [ended.signal] : [ended.signal, signal];
    await Promise.race([promise, sleep(clock, timeMs, AbortSignal.any(signals))]);
    ended.abort();
    if (!patiently) this.#isWoken = false;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#stopListening();
  }
}
