/**
 * Reads an archive from its first byte to its last and compares every file with the checksums at its end. Whoever
 * takes the entries must not trust them before that.
 */

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { messageOf } from "../../lib/errors.ts";
import {
  compressionOfBytes,
  formatVersion,
  manifestEntry,
  manifestMaxBytes,
  originEntry,
  type FileSum,
  type Manifest,
  type Origin,
} from "./manifest.ts";

/** By which a packed stream is known. */
const magicBytes = 4;

/** A backup that cannot be used, and why. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/** Takes the content of one entry; must read it to its end. */
export type TakeEntry = (header: Header, content: AsyncIterable<Uint8Array>) => Promise<void>;

export interface Verified {
  readonly origin: Origin;
  readonly manifest: Manifest;
}

/** `name` is what errors call the archive. Throws a BackupError when it is not whole. */
export async function readArchive(input: Readable, name: string, take: TakeEntry): Promise<Verified> {
  const reading = new ArchiveReading(name, take);
  try {
    await reading.run(input);
  } catch (error) {
    if (error instanceof BackupError || (error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
    if (reading.origin === undefined)
      throw new BackupError(`${name} is no backup of Nagi: ${messageOf(error)}`, { cause: error });
    throw new BackupError(
      `${name} is damaged or cut off after ${reading.lastPath || "its beginning"}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  return reading.verified();
}

class ArchiveReading {
  origin: Origin | undefined;
  lastPath = "";
  readonly #name: string;
  readonly #take: TakeEntry;
  readonly #sums = new Map<string, FileSum>();
  #manifest: Manifest | undefined;

  constructor(name: string, take: TakeEntry) {
    this.#name = name;
    this.#take = take;
  }

  async run(input: Readable): Promise<void> {
    const entries = extract();
    const { source, compression } = await opened(input);
    const fail = (error: Error): void => {
      entries.destroy(error);
    };
    source.on("error", fail);
    if (compression === "none") source.pipe(entries);
    else {
      const plain = compression === "zstd" ? createZstdDecompress() : createGunzip();
      plain.on("error", fail);
      source.pipe(plain).pipe(entries);
    }
    for await (const entry of entries) await this.#entry(entry.header, entry as AsyncIterable<Uint8Array>);
  }

  async #entry(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { name } = header;
    if (this.origin === undefined) {
      if (name !== originEntry) throw new BackupError(`${this.#name} is no backup of Nagi`);
      const data = await bytesOf(content, name);
      this.#sum(name, data);
      this.origin = originOf(data, this.#name);
    } else if (name === manifestEntry) {
      this.#manifest = JSON.parse((await bytesOf(content, name)).toString()) as Manifest;
    } else if (header.type === "file") {
      const hash = createHash("sha256");
      await this.#take(header, hashed(content, hash));
      this.#sums.set(name, { bytes: header.size ?? 0, sha256: hash.digest("hex") });
    } else await this.#take(header, content);
    this.lastPath = name;
  }

  #sum(name: string, data: Buffer): void {
    this.#sums.set(name, { bytes: data.length, sha256: createHash("sha256").update(data).digest("hex") });
  }

  verified(): Verified {
    const { origin } = this;
    if (origin === undefined) throw new BackupError(`${this.#name} is empty: no backup of Nagi`);
    if (this.#manifest === undefined)
      throw new BackupError(`${this.#name} is cut off after ${this.lastPath}: its end is missing`);
    for (const [path, { bytes, sha256 }] of Object.entries(this.#manifest.files)) {
      const found = this.#sums.get(path);
      if (found === undefined) throw new BackupError(`${this.#name} is damaged: ${path} is missing`);
      if (found.sha256 !== sha256 || found.bytes !== bytes)
        throw new BackupError(`${this.#name} is damaged: ${path} is not what was backed up`);
    }
    return { origin, manifest: this.#manifest };
  }
}

async function* hashed(content: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

/** The stream from its beginning, and how it is packed. */
async function opened(input: Readable) {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let start: Buffer = Buffer.alloc(0);
  while (start.length < magicBytes) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    start = Buffer.concat([start, value]);
  }
  if (start.length === 0) throw new Error("it is empty");
  async function* all() {
    yield start;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { source: Readable.from(all(), { objectMode: false }), compression: compressionOfBytes(start) };
}

async function bytesOf(content: AsyncIterable<Uint8Array>, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of content) {
    bytes += part.length;
    if (bytes > manifestMaxBytes) throw new BackupError(`${name} is larger than ${manifestMaxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function originOf(data: Buffer, name: string): Origin {
  const origin = JSON.parse(data.toString()) as Origin;
  if (origin.format !== formatVersion)
    throw new BackupError(
      `${name} has format ${origin.format}, this Nagi reads ${formatVersion}: use Nagi ${origin.version}`,
    );
  return origin;
}
