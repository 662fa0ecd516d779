/**
 * Backups as objects of a bucket. Data of unknown length goes up in parts, of which one at a time is in memory; the object
 * is there when the server has put them together, not before.
 */

import { metered, type DataPlace, type KeptData, type WriteData } from "./data-place.ts";
import type { S3Bucket } from "./s3-bucket.ts";

/** All but the last part of an upload must have 5 MiB; there are at most 10,000 of them, so later ones are larger. */
const partBytes = 8 * 1024 * 1024;
const laterPartBytes = 64 * 1024 * 1024;
const laterFrom = 1000;
const partsMax = 10_000;

export class S3Place implements DataPlace {
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  async keep(name: string, fill: (write: WriteData) => Promise<void>): Promise<KeptData> {
    const upload = new Upload(this.#bucket, name);
    const { write, kept } = metered((data) => upload.write(data));
    try {
      await fill(write);
      await upload.finish();
    } catch (error) {
      await upload.abandon();
      throw error;
    }
    const done = kept();
    const found = await this.#bucket.size(name);
    if (found === done.sizeBytes) return done;
    throw new Error(`the store has ${found ?? "nothing"} of ${done.sizeBytes} bytes of ${name}`);
  }

  read(name: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#bucket.read(name, signal);
  }

  async remove(name: string): Promise<void> {
    await this.#bucket.remove(name);
  }
}

class Upload {
  readonly #bucket: S3Bucket;
  readonly #name: string;
  readonly #etags: string[] = [];
  #id: string | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(bucket: S3Bucket, name: string) {
    this.#bucket = bucket;
    this.#name = name;
  }

  async write(data: Uint8Array): Promise<void> {
    // The chunk's memory may be used again by whoever gave it.
    this.#waiting.push(Buffer.from(data));
    this.#waitingBytes += data.length;
    const wanted = this.#etags.length < laterFrom ? partBytes : laterPartBytes;
    if (this.#waitingBytes >= wanted) await this.#sendPart();
  }

  async finish(): Promise<void> {
    if (this.#id === undefined) return await this.#bucket.put(this.#name, this.#take());
    if (this.#waitingBytes > 0) await this.#sendPart();
    await this.#bucket.completeUpload(this.#name, this.#id, this.#etags);
    this.#id = undefined;
  }

  /** Parts of an upload that is never completed are paid for. What fails here is left to the bucket's own rules. */
  async abandon(): Promise<void> {
    if (this.#id === undefined) return;
    await this.#bucket.abortUpload(this.#name, this.#id).catch(() => undefined);
  }

  async #sendPart(): Promise<void> {
    this.#id ??= await this.#bucket.startUpload(this.#name);
    if (this.#etags.length >= partsMax) throw new Error(`the dump has more than ${partsMax} parts`);
    const number = this.#etags.length + 1;
    this.#etags.push(await this.#bucket.putPart(this.#name, { id: this.#id, number, body: this.#take() }));
  }

  #take(): Buffer {
    const body = Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return body;
  }
}
