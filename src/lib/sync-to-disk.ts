/** Sees that what was written survives a loss of power. */

import { open } from "node:fs/promises";
import { runProgram } from "./system-programs.ts";

/** A slow disk takes minutes for the gigabytes that were written to memory. */
const syncTimeoutMs = 15 * 60_000;

/** All files below the directory, and all others of its file system: one call for very many files. */
export async function syncTree(directory: string): Promise<void> {
  await runProgram("sync", ["--file-system", directory], { timeoutMs: syncTimeoutMs });
}

/** Which names the directory has, after one was added or renamed. */
export async function syncNames(directory: string): Promise<void> {
  await using handle = await open(directory);
  await handle.sync();
}
