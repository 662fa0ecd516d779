/**
 * The frames of SPDY/3.1 that port forwarding needs. kubectl speaks SPDY inside a WebSocket there; no library for it
 * is kept any more (docs/adr/0035).
 */

import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { spdyDictionary } from "./spdy-dictionary.ts";

const version = 3;
const headerBytes = 8;
/** Longest frame, and longest header block unpacked. */
const frameBytesMax = 1024 * 1024;

export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 9,
} as const;
export const finFlag = 1;

export type Frame =
  | { readonly kind: "data"; readonly streamId: number; readonly fin: boolean; readonly data: Buffer }
  | { readonly kind: "control"; readonly type: number; readonly flags: number; readonly data: Buffer };

/** Takes bytes as they come and gives the frames that they complete. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Throws when the bytes are no SPDY/3.1. */
  push(bytes: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    while (this.#rest.length >= headerBytes) {
      const length = this.#rest.readUIntBE(5, 3);
      if (length > frameBytesMax) throw new Error(`a SPDY frame of ${length} bytes is too long`);
      if (this.#rest.length < headerBytes + length) break;
      frames.push(frameOf(this.#rest, this.#rest.subarray(headerBytes, headerBytes + length)));
      this.#rest = this.#rest.subarray(headerBytes + length);
    }
    return frames;
  }
}

function frameOf(head: Buffer, data: Buffer): Frame {
  const first = head.readUInt32BE(0);
  const flags = head[4] ?? 0;
  if (first < 0x8000_0000) return { kind: "data", streamId: first, fin: (flags & finFlag) !== 0, data };
  const spoken = (first >>> 16) & 0x7fff;
  if (spoken !== version) throw new Error(`version ${spoken} of SPDY is not served, only ${version}`);
  return { kind: "control", type: first & 0xffff, flags, data };
}

export function dataFrame(streamId: number, data: Uint8Array, fin: boolean): Buffer {
  const head = Buffer.alloc(headerBytes);
  head.writeUInt32BE(streamId, 0);
  head[4] = fin ? finFlag : 0;
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

export function controlFrame(type: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(headerBytes);
  head.writeUInt32BE((0x8000_0000 | (version << 16) | type) >>> 0, 0);
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

/** Headers are compressed over the whole connection, one way and the other. */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate({
    dictionary: spdyDictionary,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  readonly #deflate: Deflate = createDeflate({ dictionary: spdyDictionary });

  constructor() {
    // Who waits for a block hears of it there; an error may come after that.
    for (const codec of [this.#inflate, this.#deflate]) codec.on("error", () => undefined);
  }

  async decode(block: Buffer): Promise<ReadonlyMap<string, string>> {
    return parseHeaders(await through(this.#inflate, block));
  }

  encode(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const parts = [number32(headers.size)];
    for (const text of [...headers].flat()) parts.push(number32(Buffer.byteLength(text)), Buffer.from(text));
    return through(this.#deflate, Buffer.concat(parts));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

/** What comes out for what goes in, up to the flush. */
function through(codec: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= frameBytesMax) {
        out.push(chunk);
        return;
      }
      const error = new Error("a SPDY header block is too long");
      reject(error);
      codec.destroy(error);
    };
    codec.on("data", take);
    codec.once("error", reject);
    codec.write(input);
    codec.flush(constants.Z_SYNC_FLUSH, () => {
      codec.off("data", take);
      codec.off("error", reject);
      resolve(Buffer.concat(out));
    });
  });
}

function parseHeaders(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const text = (): string => {
    const end = at + 4 + block.readUInt32BE(at);
    const value = block.toString("utf8", at + 4, end);
    at = end;
    return value;
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) headers.set(text(), text());
  return headers;
}
