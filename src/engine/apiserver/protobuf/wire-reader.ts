/** Reads the protobuf wire format: numbered fields of four encodings. */

import { badRequest } from "../api-errors.ts";

export type WireValue =
  | { readonly encoding: "varint"; readonly value: bigint }
  | { readonly encoding: "fixed"; readonly bytes: Buffer }
  | { readonly encoding: "bytes"; readonly bytes: Buffer };

export interface WireEntry {
  readonly number: number;
  readonly value: WireValue;
}

export function* readWire(bytes: Buffer): Generator<WireEntry> {
  const reader = new WireReader(bytes);
  while (!reader.done) yield reader.entry();
}

/** Longest encoding of a 64-bit number. */
const maxVarintBytes = 10;

class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  entry(): WireEntry {
    const tag = Number(this.#varint());
    const number = Math.floor(tag / 8);
    if (number < 1 || number > 0x1fff_ffff) throw broken();
    switch (tag % 8) {
      case 0:
        return { number, value: { encoding: "varint", value: this.#varint() } };
      case 1:
        return { number, value: { encoding: "fixed", bytes: this.#take(8) } };
      case 2:
        return { number, value: { encoding: "bytes", bytes: this.#take(Number(this.#varint())) } };
      case 5:
        return { number, value: { encoding: "fixed", bytes: this.#take(4) } };
      default:
        throw broken();
    }
  }

  #varint(): bigint {
    let value = 0n;
    for (let index = 0; index < maxVarintBytes; index++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw broken();
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw broken();
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (!Number.isSafeInteger(length) || end > this.#bytes.length) throw broken();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}

export function broken() {
  return badRequest("the body is not valid protobuf");
}
