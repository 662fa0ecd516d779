/**
 * Programs that outlive the process that started them, and how to know one again.
 *
 * A pid alone is not an identity: the kernel gives it out again. A record therefore holds the pid with the
 * start time that /proc tells and the boot it belongs to; a program is signalled only while all three match.
 *
 * The record is written by the child itself, before it becomes the program: however early the starter dies,
 * nothing ever runs that has no record.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { sleep, type Clock } from "./clock.ts";

/** How often a process is looked at while one waits for its end. */
const pollMs = 20;

export interface DetachedProgram {
  readonly command: readonly [string, ...string[]];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** Takes standard output and error, appended. */
  readonly logFile: string;
  readonly recordFile: string;
  /** Kept in the record, one line, for whoever adopts the program. */
  readonly note: string;
  /** Where that is permitted (oom-score.ts). */
  readonly oomScore: number;
  /**
   * Added to the starter's own, and given to the session: where the kernel groups processes by session
   * (`sched_autogroup_enabled`), a program's own decides within its session only. 0 when absent; what is not permitted is left
   * out.
   */
  readonly niceness?: number | undefined;
}

export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  readonly bootId: string;
  readonly note: string;
}

/**
 * $1 is the record, $2 the note, $3 the score, $4 the niceness, the rest the program. The shell keeps its pid and start time
 * through exec.
 */
const launcher = [
  `read -r boot < /proc/sys/kernel/random/boot_id`,
  `read -r stat < /proc/$$/stat`,
  `printf '%s\\n%s\\n%s\\n' "$boot" "$stat" "$2" > "$1.new" && mv "$1.new" "$1" || exit 126`,
  `{ printf '%s' "$3" > /proc/self/oom_score_adj; } 2>/dev/null`,
  `niceness=$4`,
  `shift 4`,
  `[ "$niceness" = 0 ] || { { printf '%s' "$niceness" > /proc/self/autogroup; } 2>/dev/null; exec nice -n "$niceness" "$@"; }`,
  `exec "$@"`,
].join("; ");

/** Starts the program in a session of its own. The child is returned for its `exit` event only. */
export async function startDetached(program: DetachedProgram): Promise<ChildProcess> {
  await mkdir(dirname(program.recordFile), { recursive: true, mode: 0o700 });
  await mkdir(dirname(program.logFile), { recursive: true, mode: 0o700 });
  const log = openSync(program.logFile, "a", 0o600);
  try {
    const { recordFile, note, oomScore, niceness = 0 } = program;
    const args = ["-c", launcher, "sh", recordFile, note, String(oomScore), String(niceness)];
    const child = spawn("/bin/sh", [...args, ...program.command], {
      cwd: program.cwd ?? "/",
      env: { ...program.env },
      detached: true,
      stdio: ["ignore", log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** The record as written, whether or not its program still runs; undefined when there is none. */
export async function readRecord(recordFile: string): Promise<ProcessRecord | undefined> {
  const text = await readIfThere(recordFile);
  if (text === undefined) return undefined;
  const [bootId = "", stat = "", note = ""] = text.split("\n");
  const parsed = parseStat(stat);
  return parsed === undefined ? undefined : { ...parsed, bootId, note };
}

/** Whether the very process of the record is alive. A zombie is not: nobody may be there to reap it. */
export async function isAlive(record: ProcessRecord): Promise<boolean> {
  const [stat, bootId] = await Promise.all([
    readIfThere(`/proc/${record.pid}/stat`),
    readIfThere("/proc/sys/kernel/random/boot_id"),
  ]);
  const parsed = stat === undefined ? undefined : parseStat(stat);
  if (parsed === undefined || parsed.state === "Z" || parsed.state === "X") return false;
  return parsed.startTime === record.startTime && bootId?.trim() === record.bootId;
}

/** Replaces the note of a record; the program stays who it is. */
export async function writeNote(recordFile: string, note: string): Promise<void> {
  const [bootId = "", stat = ""] = (await readFile(recordFile, "utf8")).split("\n");
  await writeFile(`${recordFile}.new`, `${bootId}\n${stat}\n${note}\n`);
  await rename(`${recordFile}.new`, recordFile);
}

export interface TerminateOptions {
  readonly clock: Clock;
  /** How long the program has after SIGTERM; then its whole process group is killed. */
  readonly graceMs: number;
}

/** Ends the program of the record file, if it runs, and removes the record. Says whether it ran. */
export async function terminate(recordFile: string, options: TerminateOptions): Promise<boolean> {
  const record = await readRecord(recordFile);
  const ran = record !== undefined && (await isAlive(record));
  if (ran) {
    signalProcess(record.pid, "SIGTERM");
    if (!(await waitForEnd(record, options.clock, options.graceMs))) {
      signalProcess(-record.pid, "SIGKILL");
      if (!(await waitForEnd(record, options.clock, options.graceMs))) {
        throw new Error(`cannot stop process ${record.pid}: it is still there after SIGKILL`);
      }
    }
  }
  await rm(recordFile, { force: true });
  return ran;
}

async function waitForEnd(record: ProcessRecord, clock: Clock, timeoutMs: number): Promise<boolean> {
  const deadline = clock.now() + timeoutMs;
  while (await isAlive(record)) {
    if (clock.now() >= deadline) return false;
    await sleep(clock, pollMs);
  }
  return true;
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The program's name, in parentheses, may hold anything: what counts follows the last one. */
function parseStat(stat: string): { pid: number; state: string; startTime: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const pid = Number.parseInt(stat, 10);
  const [state, startTime] = [fields[0], fields[19]];
  if (!Number.isInteger(pid) || pid <= 1 || state === undefined || startTime === undefined) return undefined;
  return { pid, state, startTime: startTime.trim() };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw new Error(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}
