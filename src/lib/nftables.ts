/** Scripts for nftables, and how they are carried out. */

import { findProgram, runProgram } from "./system-programs.ts";

/** Takes a table away, whether it is there or not; what follows may make it anew. */
export function withoutTable(family: "ip" | "inet", name: string): string {
  return `table ${family} ${name} {\n}\ndelete table ${family} ${name}\n`;
}

/** One transaction: it applies as a whole or not at all. */
export async function runNft(script: string): Promise<void> {
  await runProgram((await findProgram("nft")) ?? "nft", ["-f", "-"], script);
}
