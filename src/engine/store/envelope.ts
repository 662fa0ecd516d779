/**
 * Seals texts for the disk: AES-256-GCM, a nonce of its own for each, bound to the row that it is written in, so that
 * one row's text cannot be put in the place of another's. `sealed:1:KEY:NONCE.TAG.TEXT`, the last three in base64.
 */

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { StoreKey } from "./store-keys.ts";

const prefix = "sealed:1:";
const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

export class Envelope {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #current: string;

  constructor(keys: readonly StoreKey[]) {
    this.#keys = new Map(keys.map(({ id, key }) => [id, Buffer.from(key, "base64")]));
    this.#current = keys[0]?.id ?? "";
  }

  seal(text: string, row: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key(this.#current, row), nonce);
    cipher.setAAD(Buffer.from(row));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return `${prefix}${this.#current}:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64")}`;
  }

  /** What is not sealed, from before there was a key, is given back as it is. */
  open(text: string, row: string): string {
    if (!isSealed(text)) return text;
    const id = keyIdOf(text);
    const bytes = Buffer.from(text.slice(prefix.length + id.length + 1), "base64");
    const decipher = createDecipheriv(algorithm, this.#key(id, row), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(row));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      const opened = decipher.update(bytes.subarray(nonceBytes + tagBytes));
      return Buffer.concat([opened, decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new Error(`cannot open ${row}: it was changed on disk, or its key is another`, { cause });
    }
  }

  /** Whether it is sealed with the key that seals now. */
  isCurrent(text: string): boolean {
    return isSealed(text) && keyIdOf(text) === this.#current;
  }

  #key(id: string, row: string): Buffer {
    const key = this.#keys.get(id);
    if (key !== undefined) return key;
    throw new Error(`cannot open ${row}: its key ${id} is missing: restore the file of keys from a backup`);
  }
}

export function isSealed(text: string): boolean {
  return text.startsWith(prefix);
}

function keyIdOf(text: string): string {
  return text.slice(prefix.length, text.indexOf(":", prefix.length));
}
