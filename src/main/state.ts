/**
 * What a running platform says about itself in its data directory, for `status` and `down`; and its platform half,
 * when that runs as a process of its own.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { paths } from "./config.ts";

export interface ProcessState {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: with the pid it names one process for ever. */
  readonly startTicks: string;
}

export interface PlatformState extends ProcessState {
  readonly version: string;
  readonly startedAt: string;
  readonly httpUrl: string;
  /** Absent in the state of an older Nagi. */
  readonly httpsUrl?: string | undefined;
  readonly apiUrl: string;
  readonly registry: string;
  readonly nodes: number;
  /** Whether its platform half is left to `nagi platform`. */
  readonly externalPlatform: boolean;
}

export function writeState(dataDir: string, state: PlatformState): void {
  write(paths(dataDir).state, state);
}

/** That this process starts a platform; until `writeState` says that it is ready. */
export function writeStarting(dataDir: string): void {
  write(paths(dataDir).startingState, thisProcess());
}

/** That this process is the platform half. */
export function writePlatformHalf(dataDir: string): void {
  write(paths(dataDir).platformState, thisProcess());
}

export function thisProcess(): ProcessState {
  return { pid: process.pid, startTicks: startTicksOf(process.pid) ?? "" };
}

function write(file: string, state: ProcessState): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o711 });
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { flush: true });
  renameSync(`${file}.new`, file);
}

export function removeState(dataDir: string): void {
  rmSync(paths(dataDir).state, { force: true });
}

export function removeStarting(dataDir: string): void {
  // Another one may have begun meanwhile.
  if (startingPlatform(dataDir)?.pid === process.pid) rmSync(paths(dataDir).startingState);
}

export function removePlatformHalf(dataDir: string): void {
  rmSync(paths(dataDir).platformState, { force: true });
}

/** The platform of the data directory, if its process is alive. */
export function runningPlatform(dataDir: string): PlatformState | undefined {
  return alive<PlatformState>(paths(dataDir).state);
}

/** The process that is starting the platform at the moment. */
export function startingPlatform(dataDir: string): ProcessState | undefined {
  return alive<ProcessState>(paths(dataDir).startingState);
}

/** The platform half in a process of its own, if that is alive. */
export function runningPlatformHalf(dataDir: string): ProcessState | undefined {
  return alive<ProcessState>(paths(dataDir).platformState);
}

function alive<T extends ProcessState>(file: string): T | undefined {
  if (!existsSync(file)) return undefined;
  const state = parse<T>(readFileSync(file, "utf8"));
  return state !== undefined && startTicksOf(state.pid) === state.startTicks ? state : undefined;
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    // Torn when the power failed, and so did the process that it tells of.
    return undefined;
  }
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
