/**
 * Processes of ours that no record tells of: Nagi was killed between starting the program and writing it down,
 * or its data directory was removed under it. They are known by an argument that names a file of this instance.
 */

import { readdir, readFile } from "node:fs/promises";
import { kill } from "node:process";
import { sleep, type Clock } from "../../lib/clock.ts";

const pollMs = 10;
const patienceMs = 3000;

export interface StrayOptions {
  readonly argument: string;
  /** The process that a record tells of. */
  readonly except?: number | undefined;
  readonly clock: Clock;
}

/** Ends every process that was started with this argument, and waits until it is gone. */
export async function endStrays(options: StrayOptions): Promise<void> {
  const { clock } = options;
  const strays = await findStrays(options);
  for (const pid of strays) end(pid);
  const deadlineMs = clock.now() + patienceMs;
  for (const pid of strays) {
    while ((await holdsFiles(pid)) && clock.now() < deadlineMs) await sleep(clock, pollMs);
  }
}

/** A process that ends loses its command line first and its sockets later; as a zombie it has neither. */
async function holdsFiles(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const state = stat.slice(stat.lastIndexOf(")") + 2)[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

async function findStrays({ argument, except }: StrayOptions): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (pid !== except && commandLine.split("\0").includes(argument)) found.push(pid);
  }
  return found;
}

/** It may have ended by itself meanwhile. */
function end(pid: number): void {
  try {
    kill(pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
