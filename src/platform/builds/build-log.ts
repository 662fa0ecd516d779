/**
 * Logs of builds: one bounded file each, named by the build's uid, that can be followed from its first line to
 * its last, also after a restart of the platform.
 */

import type { WriteStream } from "node:fs";
import { mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LogOptions } from "../../client/client.ts";
import type { LogSource } from "../../client/log-source.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { KubeObject } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";

const readChunkBytes = 64 * 1024;
const uidPattern = /^[0-9a-zA-Z-]{1,64}$/;

export interface BuildLogsOptions {
  readonly directory: string;
  /** Of one log; what comes after it is dropped, with a line that says so. */
  readonly maxBytes: number;
}

export class BuildLog {
  readonly #file: WriteStream;
  readonly #maxBytes: number;
  readonly #changed: () => void;
  #bytes: number;
  #writtenBytes: number;
  #full = false;

  constructor(
    file: WriteStream,
    options: { readonly maxBytes: number; readonly size: number },
    changed: () => void,
  ) {
    this.#file = file;
    // A full disk must not end the platform: the build itself meets it and says so.
    file.on("error", () => (this.#full = true));
    this.#maxBytes = options.maxBytes;
    this.#bytes = options.size;
    this.#writtenBytes = options.size;
    this.#changed = changed;
  }

  /** How much can be read from the file. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  write(text: string): void {
    if (this.#full || text === "") return;
    const chunk = Buffer.from(text);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.#full = true;
      this.#append(Buffer.from("\n...the log is longer than is kept; the rest is left out.\n"));
      return;
    }
    this.#append(chunk);
  }

  #append(chunk: Buffer): void {
    this.#file.write(chunk, (error) => {
      // Who follows waits for the end, and not for what is not there.
      if (!error) this.#writtenBytes += chunk.length;
      this.#changed();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#file.once("close", () => resolve());
      if (this.#file.closed) resolve();
      this.#file.end();
    });
  }
}

/** Somebody who follows a log, or waits for it to begin. */
type Waiter = () => void;

export class BuildLogs implements LogSource {
  readonly #options: BuildLogsOptions;
  readonly #open = new Map<string, BuildLog>();
  /** Whose files may be there already. */
  readonly #starting = new Set<string>();
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(options: BuildLogsOptions) {
    this.#options = options;
  }

  /** `append`: to what a platform that died wrote. */
  async start(uid: string, { append = false } = {}): Promise<BuildLog> {
    this.#starting.add(uid);
    try {
      await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
      // Open before it is announced: who follows finds the file.
      const handle = await open(this.#path(uid), append ? "a" : "w", 0o600);
      const { size } = await handle.stat();
      const { maxBytes } = this.#options;
      const log = new BuildLog(handle.createWriteStream(), { maxBytes, size }, () => this.#wake(uid));
      this.#open.set(uid, log);
      return log;
    } finally {
      this.#starting.delete(uid);
      this.#wake(uid);
    }
  }

  /** After the last line: followers come to their end. */
  async end(uid: string): Promise<void> {
    const log = this.#open.get(uid);
    await log?.close();
    this.#open.delete(uid);
    this.#wake(uid);
  }

  async remove(uid: string): Promise<void> {
    await this.end(uid);
    await rm(this.#path(uid), { force: true });
  }

  /** Removes the logs of builds that are no more. */
  async keepOnly(uids: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#options.directory).catch(() => [])) {
      const uid = name.replace(/\.log$/, "");
      if (!uids.has(uid) && !this.#open.has(uid))
        await rm(join(this.#options.directory, name), { force: true });
    }
  }

  async *log(object: KubeObject, options: LogOptions): AsyncGenerator<Uint8Array> {
    const uid = object.metadata.uid ?? "";
    const handle = await this.#find(object as Build, options);
    if (handle === undefined) return;
    try {
      let position = await this.#startAt(uid, options.tailLines);
      let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
      while (options.signal?.aborted !== true && left > 0) {
        const ended = !this.#open.has(uid) && !this.#starting.has(uid);
        const buffer = Buffer.alloc(Math.min(readChunkBytes, left));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (bytesRead > 0) {
          position += bytesRead;
          left -= bytesRead;
          yield buffer.subarray(0, bytesRead);
        } else if (ended || options.follow !== true) return;
        else await this.#change(uid, position, options.signal);
      }
    } finally {
      await handle.close();
    }
  }

  /** Who follows a build that waits, waits with it. */
  async #find(build: Build, options: LogOptions): Promise<FileHandle | undefined> {
    const { uid = "", name = "" } = build.metadata;
    const waits = ["New", "Pending"].includes(build.status?.phase ?? "New");
    const handle = await this.#openFile(uid);
    if (handle !== undefined) return handle;
    if (!waits) throw new StatusError("BadRequest", `build ${name} has no log`);
    if (options.follow !== true) throw new StatusError("BadRequest", `build ${name} is waiting to start`);
    await this.#untilStarted(uid, options.signal);
    return await this.#openFile(uid);
  }

  /** The last lines of what is there, for messages. */
  async tail(uid: string, lines: number): Promise<string> {
    const handle = await open(this.#path(uid), "r").catch(() => undefined);
    if (handle === undefined) return "";
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.min(size, readChunkBytes));
      await handle.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString("utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } finally {
      await handle.close();
    }
  }

  async #startAt(uid: string, tailLines: number | undefined): Promise<number> {
    if (tailLines === undefined) return 0;
    const { size } = await stat(this.#path(uid));
    const tail = await this.tail(uid, tailLines);
    return tailLines === 0 ? size : Math.max(0, size - Buffer.byteLength(tail) - 1);
  }

  #openFile(uid: string): Promise<FileHandle | undefined> {
    return open(this.#path(uid), "r").catch(() => undefined);
  }

  /** Or ended without a start, or deleted: whatever is heard first. */
  async #untilStarted(uid: string, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#open.has(uid)) await this.#wait(uid, signal);
  }

  /** More than the position, or the end; a change between the read and now is not missed. */
  async #change(uid: string, position: number, signal: AbortSignal | undefined): Promise<void> {
    const log = this.#open.get(uid);
    if (log === undefined ? !this.#starting.has(uid) : log.writtenBytes > position) return;
    await this.#wait(uid, signal);
  }

  #wait(uid: string, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(uid) ?? new Set<Waiter>();
      this.#waiters.set(uid, waiters);
      const done = (): void => {
        waiters.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      waiters.add(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  #wake(uid: string): void {
    const waiters = this.#waiters.get(uid);
    if (waiters === undefined) return;
    this.#waiters.delete(uid);
    for (const waiter of waiters) waiter();
  }

  #path(uid: string): string {
    if (!uidPattern.test(uid))
      throw new StatusError("BadRequest", `no build has the uid ${JSON.stringify(uid)}`);
    return join(this.#options.directory, `${uid}.log`);
  }
}
