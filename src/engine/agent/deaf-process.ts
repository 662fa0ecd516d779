/**
 * Whether the first process of a container is deaf to a signal: it neither catches nor blocks nor ignores it. Elsewhere it
 * would die of the signal; the kernel spares the first process of a container, so that waiting for its end is in vain.
 */

import { readFile } from "node:fs/promises";
import { constants } from "node:os";

/** False as well where it cannot be told, as when the engine is on another machine. */
export async function isDeaf(pid: number, signalName: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return isDeafIn(status, constants.signals[signalName as NodeJS.Signals]);
}

/** From the text of `/proc/PID/status`. */
export function isDeafIn(status: string, signal: number | undefined): boolean {
  if (signal === undefined || !/^NSpid:.*\t1$/m.test(status)) return false;
  return ["SigBlk", "SigIgn", "SigCgt"].every((name) => {
    const mask = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) === 0n;
  });
}
