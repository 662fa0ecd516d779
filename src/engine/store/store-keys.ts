/**
 * The keys of what is sealed on disk: a file beside the database that only its owner may read. The first key seals;
 * the others, of before a rotation, only open, until everything is sealed anew.
 */

import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";

export interface StoreKey {
  /** Written beside what it sealed. */
  readonly id: string;
  /** 32 bytes in base64. */
  readonly key: string;
  readonly createdAt: string;
}

const keyBytes = 32;

export function keysFileOf(path: string): string {
  return `${path}.keys`;
}

/** Undefined when there is no such file. */
export function readKeys(file: string): readonly StoreKey[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const keys = parse(file, text);
  // Whoever copied it back may have left it open.
  chmodSync(file, 0o600);
  return keys;
}

function parse(file: string, text: string): readonly StoreKey[] {
  const problem = `${file} is not a file of keys as Nagi writes it: restore it from a backup`;
  let keys: readonly StoreKey[];
  try {
    keys = (JSON.parse(text) as { readonly keys: readonly StoreKey[] }).keys;
  } catch (cause) {
    throw new Error(problem, { cause });
  }
  const isKey = ({ id, key }: StoreKey): boolean =>
    /^[0-9a-f]+$/.test(id) && Buffer.from(key, "base64").length === keyBytes;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isKey)) throw new Error(problem);
  return keys;
}

export function writeKeys(file: string, keys: readonly StoreKey[]): void {
  const text = `${JSON.stringify({ keys }, null, 2)}\n`;
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

export function newKey(): StoreKey {
  return {
    id: randomBytes(4).toString("hex"),
    key: randomBytes(keyBytes).toString("base64"),
    createdAt: new Date().toISOString(),
  };
}

/** Puts a new key before the others: the store seals everything with it when it is opened next. */
export function rotateKeys(file: string): StoreKey {
  const fresh = newKey();
  const present = readKeys(file);
  if (present === undefined) throw new Error(`there is no ${file}: the platform makes it at its first start`);
  writeKeys(file, [fresh, ...present]);
  return fresh;
}
