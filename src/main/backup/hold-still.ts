/**
 * Holds the processes of containers still for a moment, by their control groups: the engine and the agent notice
 * nothing. A process of its own lets them go again when this one dies in between.
 */

import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "../../lib/clock.ts";
import { exists } from "../../lib/exists.ts";

const root = "/sys/fs/cgroup";
const freezeMaxMs = 3000;
const pollMs = 5;

interface Freezer {
  /** File to write to. */
  readonly control: string;
  readonly freeze: string;
  readonly thaw: string;
  /** Whether the text of `state` says that all is still. */
  readonly state: string;
  readonly isFrozen: (text: string) => boolean;
}

/** Of the control group that a process is in; undefined when this kernel has none. */
async function freezerOf(pid: number): Promise<Freezer | undefined> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, "utf8")).split("\n");
  for (const line of lines) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const found =
      controllers === "freezer" ? oldFreezer(path) : controllers === "" ? newFreezer(path) : undefined;
    if (found !== undefined && (await exists(found.control))) return found;
  }
  return undefined;
}

function newFreezer(path: string): Freezer {
  return {
    control: join(root, path, "cgroup.freeze"),
    freeze: "1",
    thaw: "0",
    state: join(root, path, "cgroup.events"),
    isFrozen: (text) => text.includes("frozen 1"),
  };
}

function oldFreezer(path: string): Freezer {
  const control = join(root, "freezer", path, "freezer.state");
  return {
    control,
    freeze: "FROZEN",
    thaw: "THAWED",
    state: control,
    isFrozen: (text) => text.trim() === "FROZEN",
  };
}

/**
 * Runs `work` while the containers of these processes stand still. False, without a call of `work`, when they cannot
 * be held: they run on then.
 */
export async function whileStill(
  pids: readonly number[],
  clock: Clock,
  work: () => Promise<void>,
): Promise<boolean> {
  const freezers: Freezer[] = [];
  for (const pid of pids) {
    const found = await freezerOf(pid).catch(() => undefined);
    // A process that has ended writes nothing.
    if (found !== undefined) freezers.push(found);
    else if (await exists(`/proc/${pid}`)) return false;
  }
  const guard = startGuard(freezers);
  try {
    if (!(await freezeAll(freezers, clock))) return false;
    await work();
    return true;
  } finally {
    await Promise.all(freezers.map(({ control, thaw }) => writeFile(control, thaw).catch(ignoreGone)));
    guard.end();
  }
}

async function freezeAll(freezers: readonly Freezer[], clock: Clock): Promise<boolean> {
  const untilMs = clock.now() + freezeMaxMs;
  for (const { control, freeze } of freezers) await writeFile(control, freeze).catch(ignoreGone);
  for (const { state, isFrozen } of freezers) {
    for (;;) {
      const text = await readFile(state, "utf8").catch(ignoreGone);
      if (text === undefined || isFrozen(text)) break;
      if (clock.now() > untilMs) return false;
      await sleep(clock, pollMs);
    }
  }
  return true;
}

/** The shell waits for the end of its input, which comes with the end of this process at the latest. */
function startGuard(freezers: readonly Freezer[]): { end(): void } {
  const script = 'cat >/dev/null; thaw=$1; shift; for file; do echo "$thaw" >"$file"; done 2>/dev/null';
  const thaw = freezers[0]?.thaw ?? "0";
  const argv = ["-c", script, "nagi-thaw", thaw, ...freezers.map(({ control }) => control)];
  const child = spawn("/bin/sh", argv, { stdio: ["pipe", "ignore", "ignore"], detached: true });
  // Without it, only a kill at the wrong moment does harm.
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  return { end: () => child.stdin.end() };
}

/** Its container has ended. */
function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENODEV") return undefined;
  throw error;
}
