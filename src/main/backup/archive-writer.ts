/**
 * Writes an archive as a stream: a tar that is compressed on its way. Every file's checksum is taken from the bytes
 * that went in. A path may be written again; its last entry counts, as for every tar.
 */

import { createHash } from "node:crypto";
import { once, type EventEmitter } from "node:events";
import { open, type FileHandle } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip, createZstdCompress } from "node:zlib";
import { pack, type Header, type Pack } from "tar-stream";
import { manifestEntry, type Compression, type FileSum } from "./manifest.ts";

const readBytes = 1024 ** 2;
/** Image layers are compressed already: a higher level would only take time from the apps. */
const zstdLevel = 3;
const gzipLevel = 3;

const idMax = 0o777777;
/** The library counts seconds in 32 bits. */
const secondsMax = 2 ** 31 - 1;

export interface FileMeta {
  /** With the bits that say what it is: the library takes 0 for none. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
}

const ownerOnly = { mode: 0o600, uid: 0, gid: 0 } as const;

export class ArchiveWriter {
  readonly files = new Map<string, FileSum>();
  readonly removed = new Set<string>();
  readonly skipped: string[] = [];
  readonly unfrozen: string[] = [];
  readonly #pack: Pack = pack({ highWaterMark: readBytes });
  readonly #written: Promise<void>;
  #failure: unknown;
  #failed = false;

  /** When the signal aborts, it is as if the target had failed. */
  constructor(target: Writable, compression: Compression, signal?: AbortSignal) {
    const source = Readable.from(this.#pack as AsyncIterable<Uint8Array>, { objectMode: false });
    const stages = [source, ...compressor(compression), target] as const;
    this.#written = signal === undefined ? pipeline(stages) : pipeline(stages, { signal });
    this.#written.catch((error: unknown) => {
      this.#failed = true;
      this.#failure = error;
      this.#pack.destroy();
    });
  }

  async bytes(path: string, data: Uint8Array, mtime: Date): Promise<void> {
    await this.#content(path, { ...ownerOnly, mtime }, data.length, [data]);
  }

  /**
   * As long as the file is when it is opened. False when it became shorter meanwhile: what is missing is zeros then,
   * and it should be written again. Throws ENOENT when there is none.
   */
  async file(path: string, source: string): Promise<boolean> {
    await using handle = await open(source, "r");
    const { size, mode, uid, gid, mtime } = await handle.stat();
    const reading = new Reading(handle, size);
    await this.#content(path, { mode, uid, gid, mtime }, size, reading.chunks());
    return !reading.short;
  }

  async entry(path: string, header: Partial<Pick<Header, "type" | "linkname">> & FileMeta): Promise<void> {
    this.#check();
    this.removed.delete(path);
    await new Promise<void>((resolve, reject) => {
      this.#pack.entry({ ...header, ...largeNumbers(header), name: path, size: 0 }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  /** That what was written of the path does not count. */
  remove(path: string): void {
    this.files.delete(path);
    this.removed.add(path);
  }

  async finish(): Promise<void> {
    const { removed, skipped, unfrozen } = this;
    const manifest = { files: Object.fromEntries(this.files), removed: [...removed], skipped, unfrozen };
    await this.bytes(manifestEntry, Buffer.from(JSON.stringify(manifest)), new Date());
    this.#pack.finalize();
    await this.#written;
  }

  /** For a backup that ends early. */
  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
  }

  async #content(
    path: string,
    meta: FileMeta,
    size: number,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    this.#check();
    const hash = createHash("sha256");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => undefined);
    const header = { ...meta, ...largeNumbers(meta), name: path, size, type: "file" } as const;
    const sink = this.#pack.entry(header, (error) => (error ? reject(error) : resolve()));
    sink.on("error", reject);
    for await (const chunk of chunks) {
      hash.update(chunk);
      this.#check();
      if (!sink.write(chunk)) await Promise.race([drained(sink), this.#written]);
    }
    sink.end(undefined);
    await Promise.race([promise, this.#written]);
    this.#check();
    this.removed.delete(path);
    this.files.set(path, { bytes: size, sha256: hash.digest("hex") });
  }

  #check(): void {
    if (this.#failed) throw this.#failure;
  }
}

/** What has no room in the six and eleven digits of an entry. (A size has: those above 8 GiB are written in binary.) */
function largeNumbers({ uid, gid, mtime }: FileMeta): { pax?: Record<string, string> } {
  const seconds = Math.floor(mtime.getTime() / 1000);
  const large = {
    ...(uid > idMax ? { uid: String(uid) } : {}),
    ...(gid > idMax ? { gid: String(gid) } : {}),
    ...(seconds < 0 || seconds > secondsMax ? { mtime: String(seconds) } : {}),
  };
  return Object.keys(large).length === 0 ? {} : { pax: large };
}

function drained(sink: unknown): Promise<unknown> {
  return once(sink as EventEmitter, "drain");
}

/** Exactly as many bytes as the header says, whatever becomes of the file. */
class Reading {
  short = false;
  readonly #handle: FileHandle;
  readonly #size: number;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.#size;) {
      const want = Math.min(readBytes, this.#size - at);
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(want), 0, want, at);
      if (bytesRead === 0) {
        this.short = true;
        yield* zeros(this.#size - at);
        return;
      }
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}

function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= readBytes) yield Buffer.alloc(Math.min(left, readBytes));
}

function compressor(compression: Compression) {
  if (compression === "gzip") return [createGzip({ level: gzipLevel })];
  if (compression === "zstd")
    return [createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } })];
  return [];
}
