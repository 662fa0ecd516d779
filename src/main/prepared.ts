/**
 * The prepared program: all of `src` in a few files of JavaScript, made by scripts/prepare.ts (adr/0135). It is used
 * only while it says the same as the sources: each file that went into it is as it was.
 *
 * Every command loads this file before it knows more, so it imports nothing but what Node has loaded already.
 */

import { hash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The checkout, with a slash at the end. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** In the checkout: who may change what is run from here may change the sources as well. */
export const preparedDir = (checkout: string): string => `${checkout}node_modules/.cache/nagi/`;
export const manifestFile = (checkout: string): string => `${preparedDir(checkout)}prepared.json`;

export interface Manifest {
  /** The checkout that it was made of. */
  readonly root: string;
  /** Of the file to run, in `preparedDir`. */
  readonly program: string;
  /** Each file that went into it, by its path from the root. */
  readonly inputs: Readonly<Record<string, Input>>;
}

/** `digest` is asked only when the time is another, as after `git checkout` or `npm install`. */
type Input = readonly [sizeBytes: number, changedMs: number, digest: string];

/** Undefined where there is no such file. */
export function inputOf(path: string): Input | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : [found.size, found.mtimeMs, digestOf(path)];
}

function digestOf(path: string): string {
  return hash("sha1", readFileSync(path), "hex");
}

function isAsItWas(path: string, [sizeBytes, changedMs, digest]: Input): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  if (now?.size !== sizeBytes) return false;
  return now.mtimeMs === changedMs || digestOf(path) === digest;
}

/** In the environment of many commands in a row: the program that is known to be as the sources are, which takes a sixth of a command. */
export const knownVariable = "NAGI_PREPARED";

/** URL of the prepared program; undefined where there is none, or the sources have changed since. */
export function preparedProgram(
  checkout = root,
  known: string | undefined = process.env[knownVariable],
): string | undefined {
  const manifest = readManifest(checkout);
  if (manifest?.root !== checkout) return undefined;
  if (manifest.program !== known) {
    for (const [path, input] of Object.entries(manifest.inputs))
      if (!isAsItWas(checkout + path, input)) return undefined;
  }
  return pathToFileURL(preparedDir(checkout) + manifest.program).href;
}

function readManifest(checkout: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(manifestFile(checkout), "utf8")) as Manifest;
  } catch {
    // Not made yet, or cut short: it is made anew.
    return undefined;
  }
}
