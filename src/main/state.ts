/** What a running platform says about itself in its data directory, for `status` and `down`. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { paths } from "./config.ts";

export interface PlatformState {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: with the pid it names one process for ever. */
  readonly startTicks: string;
  readonly version: string;
  readonly startedAt: string;
  readonly httpUrl: string;
  readonly apiUrl: string;
  readonly registry: string;
  readonly nodes: number;
}

export function writeState(dataDir: string, state: PlatformState): void {
  const file = paths(dataDir).state;
  mkdirSync(dirname(file), { recursive: true, mode: 0o711 });
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function removeState(dataDir: string): void {
  rmSync(paths(dataDir).state, { force: true });
}

/** The platform of the data directory, if its process is alive. */
export function runningPlatform(dataDir: string): PlatformState | undefined {
  const file = paths(dataDir).state;
  if (!existsSync(file)) return undefined;
  const state = JSON.parse(readFileSync(file, "utf8")) as PlatformState;
  return startTicksOf(state.pid) === state.startTicks ? state : undefined;
}

/** Field 22 of /proc/PID/stat; undefined when there is no such process. */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A process that has ended and waits for its parent does not run.
    return rest[0] === "Z" ? undefined : rest[19];
  } catch {
    // No such process.
    return undefined;
  }
}
