/** How much of its disk a directory holds. */

import { ProgramError, runProgram } from "./system-programs.ts";

/** Others have work to do with that disk. */
const quietly = ["-n", "19", "du"];

/**
 * Of the same file system only: what is mounted inside, volumes in memory for instance, is not on this disk. Undefined when it
 * cannot be counted in that time.
 */
export async function bytesUnder(directory: string, timeoutMs: number): Promise<number | undefined> {
  try {
    return bytesIn(await runProgram("nice", [...quietly, "-s", "-x", "-B1", directory], { timeoutMs }));
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    // Files go while it counts: it has counted the others.
    return bytesIn(error.output);
  }
}

function bytesIn(output: string): number | undefined {
  const bytes = Number.parseInt(output, 10);
  return Number.isNaN(bytes) ? undefined : bytes;
}
