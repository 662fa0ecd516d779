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
  for (const pid of await findStrays(options)) end(pid);
  const deadlineMs = clock.now() + patienceMs;
  while ((await findStrays(options)).length > 0 && clock.now() < deadlineMs) await sleep(clock, pollMs);
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
