/**
 * The prepared program: all of `src` in a few files of JavaScript, made by scripts/prepare.ts (adr/0135). It is used
 * only while it says the same as the sources: each file that went into it is as it was, by size and time.
 *
 * Every command loads this file before it knows more, so it imports nothing but what Node has loaded already.
 */

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
  /** Each file that went into it, from the root: size in bytes and time of the last change in milliseconds. */
  readonly inputs: Readonly<Record<string, readonly [sizeBytes: number, changedMs: number]>>;
}

/** Size and time of a file; undefined where there is none. */
export function inputOf(path: string): readonly [sizeBytes: number, changedMs: number] | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : [found.size, found.mtimeMs];
}

/** URL of the prepared program; undefined where there is none, or the sources have changed since. */
export function preparedProgram(checkout = root): string | undefined {
  const manifest = readManifest(checkout);
  if (manifest?.root !== checkout) return undefined;
  for (const [path, [sizeBytes, changedMs]] of Object.entries(manifest.inputs)) {
    const now = inputOf(checkout + path);
    if (now?.[0] !== sizeBytes || now[1] !== changedMs) return undefined;
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
