/**
 * The control group of one build's steps. An engine that is told to stop a build waits for the step that runs,
 * which may be long; by its control group the step is found and ended.
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine.ts";
import { wasOomKilled } from "../../lib/kernel-log.ts";

const cgroupRoot = "/sys/fs/cgroup";
/** Controllers of the first version are directories of the root; slices of the second may hold ours. */
const maxDepth = 3;
/** How long the engine may take to hear that a build is stopped, and how often it is looked after. */
const watchMs = 10_000;
const everyMs = 250;
const uidPattern = /^[0-9a-zA-Z-]{1,64}$/;

/** With systemd a part of the scope's name. */
function nameOf(uid: string): string {
  if (!uidPattern.test(uid)) throw new Error(`cannot name the control group of build ${JSON.stringify(uid)}`);
  return `nagi-build-${uid}`;
}

/** Whether the kernel ended something of the build because its memory was used up; undefined where that is not known. */
export async function ranOutOfMemory(engine: ContainerEngine, uid: string): Promise<boolean | undefined> {
  return (await engine.isPodman()) ? await wasOomKilled(nameOf(uid)) : undefined;
}

/** What to tell the engine; undefined where it has no such setting. */
export async function buildCgroup(engine: ContainerEngine, uid: string): Promise<string | undefined> {
  if (!(await engine.isPodman())) return undefined;
  const driver = await engine.cgroupDriver();
  // systemd names a scope by slice, prefix and name; it becomes `nagi-build-UID.scope`.
  return driver === "systemd" ? `system.slice:nagi-build:${uid}` : `/${nameOf(uid)}`;
}

/**
 * Ends whatever runs for the build on this machine, and what the engine, which may not have heard yet, still
 * starts within a few seconds.
 */
export async function endBuildSteps(uid: string, clock: Clock): Promise<void> {
  const wanted = nameOf(uid);
  for (let waitedMs = 0; waitedMs <= watchMs; waitedMs += everyMs) {
    for (const directory of await findDirectories(cgroupRoot, wanted, maxDepth)) {
      const text = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
      for (const pid of text.split("\n").map(Number)) if (pid > 1) kill(pid);
    }
    await sleep(clock, everyMs);
  }
}

async function findDirectories(directory: string, wanted: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    if (entry.name === wanted || entry.name === `${wanted}.scope`) found.push(path);
    else if (depth > 1) found.push(...(await findDirectories(path, wanted, depth - 1)));
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
