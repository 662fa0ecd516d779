/**
 * Sources that wait to be built: tar files named by the SHA-256 of their content.
 *
 * A source is complete or absent: it is written beside its place and renamed once all of it is there. What
 * nobody builds within its time is removed, so that an abandoned push leaves nothing behind.
 */

import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, type ReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, pipeline as pipelineNow, Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { exists } from "./exists.ts";

const defaultMaxBytes = 2 * 1024 ** 3;
const idPattern = /^[0-9a-f]{64}$/;

export interface SourceStoreOptions {
  readonly directory: string;
  /** Largest source that is taken, in bytes. */
  readonly maxBytes?: number | undefined;
}

export interface StoredSource {
  readonly id: string;
  readonly sizeBytes: number;
}

/** The source is larger than the store takes. */
export class SourceTooLargeError extends Error {
  override readonly name = "SourceTooLargeError";
  constructor(maxBytes: number) {
    super(
      `the source is larger than ${Math.floor(maxBytes / 1024 ** 2)} MiB: leave out what the build does not need`,
    );
  }
}

export class SourceStore {
  readonly #directory: string;
  readonly #maxBytes: number;

  constructor(options: SourceStoreOptions) {
    this.#directory = options.directory;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
  }

  /** Keeps what the stream gives; the same content is kept once. */
  async put(content: Readable, signal?: AbortSignal): Promise<StoredSource> {
    // Read from now on: what ends or breaks while the directory is made is not missed.
    const reading = pipelineNow(content, new PassThrough(), () => undefined);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const partial = join(this.#directory, `${randomUUID()}.part`);
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const measure = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        sizeBytes += chunk.length;
        hash.update(chunk);
        if (sizeBytes > this.#maxBytes) done(new SourceTooLargeError(this.#maxBytes));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(reading, measure, createWriteStream(partial, { mode: 0o600 }), { signal });
      const id = hash.digest("hex");
      await rename(partial, this.path(id));
      return { id, sizeBytes };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  /** Where the source is; it may be absent. */
  path(id: string): string {
    if (!idPattern.test(id))
      throw new Error(`cannot find source ${JSON.stringify(id)}: not a SHA-256 in hex`);
    return join(this.#directory, id);
  }

  async has(id: string): Promise<boolean> {
    if (!idPattern.test(id)) return false;
    return exists(this.path(id));
  }

  open(id: string): ReadStream {
    return createReadStream(this.path(id), { highWaterMark: 256 * 1024 });
  }

  /** Counts as used now, so that `prune` keeps it. */
  async touch(id: string, now: Date): Promise<void> {
    await utimes(this.path(id), now, now);
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  /** Removes what was last used before the time, halves of broken uploads too; returns how many. */
  async prune(before: Date): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#directory).catch(() => [])) {
      const path = join(this.#directory, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || found.mtime >= before) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }
}
