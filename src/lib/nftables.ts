/** Scripts for nftables, and how they are carried out. */

import { findProgram, runProgram } from "./system-programs.ts";

/** Takes a table away, whether it is there or not; what follows may make it anew. */
export function withoutTable(family: "ip" | "inet", name: string): string {
  return `table ${family} ${name} {\n}\ndelete table ${family} ${name}\n`;
}

/**
 * nft asks for a buffer of 132 KiB for each thing that it reads of the kernel's rules, a little more than the C library keeps:
 * each is mapped and unmapped, which is dear on a virtual machine: of 0.2 s of processor on a busy one 0.12, of 0.08 on a quiet one 0.02.
 */
const keptBuffers = { MALLOC_MMAP_THRESHOLD_: "1048576", MALLOC_TRIM_THRESHOLD_: "16777216" };

/** One transaction: it applies as a whole or not at all. `program`: nft's path. */
export async function runNft(script: string, program?: string): Promise<void> {
  await runProgram(program ?? (await findProgram("nft")) ?? "nft", ["-f", "-"], {
    input: script,
    env: keptBuffers,
  });
}
