/** The kernel's control groups, of both versions, as far as this machine lets them be read and written. */

import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { exists } from "./exists.ts";

const root = "/sys/fs/cgroup";
/** Controllers of the first version are directories of the root; slices of the second may hold ours. */
const maxDepth = 3;
/** What the engine runs when a container has ended takes half a second; its monitors of sessions stay for five minutes. */
const killAfterMs = 2000;
const giveUpMs = 4000;
const lookAgainMs = 50;
/** What a group counts that nobody weighed, in the first and in the second version. */
export const ordinary = { shares: 1024, weight: 100 };

/**
 * Makes a group of the root, whose processes together count `times` as much as an ordinary group's when all want the processors.
 * Where groups cannot be written (not mounted, not delegated, another machine's), nothing is made.
 */
export async function makeWeighedGroup(name: string, times: number): Promise<void> {
  const isUnified = await exists(join(root, "cgroup.controllers"));
  const directory = isUnified ? join(root, name) : join(root, "cpu", name);
  const file = join(directory, isUnified ? "cpu.weight" : "cpu.shares");
  const value = Math.round(times * (isUnified ? ordinary.weight : ordinary.shares));
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(file, String(value));
  } catch {
    // As said above.
  }
}

/**
 * Of all controllers, with what the engine made in them. The kernel lets none be removed that something runs in: what is still
 * ending there is waited for, and what has not ended after that is killed.
 */
export async function removeGroups(name: string): Promise<void> {
  const startMs = performance.now();
  while (!(await tryRemove(name))) {
    const waitedMs = performance.now() - startMs;
    if (waitedMs > giveUpMs) return;
    if (waitedMs > killAfterMs) await killProcesses(name);
    await setTimeout(lookAgainMs);
  }
}

/** Whether none is left. */
async function tryRemove(name: string): Promise<boolean> {
  let isLeft = false;
  for (const directory of await findWithInner(name)) await rmdir(directory).catch(() => (isLeft = true));
  return !isLeft;
}

/** Ends at once what runs in groups of that name, in what the engine made in them too. */
export async function killProcesses(name: string): Promise<void> {
  for (const directory of await findWithInner(name)) {
    const text = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
    for (const pid of text.split("\n").map(Number)) if (pid > 1) kill(pid);
  }
}

/** What is inner goes before what it is in. */
async function findWithInner(name: string): Promise<string[]> {
  const found: string[] = [];
  for (const directory of await findGroups(name)) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    const inner = entries.filter((entry) => entry.isDirectory());
    found.push(...inner.map((entry) => join(directory, entry.name)), directory);
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

/** Their directories, a systemd scope's of that name too. */
export function findGroups(name: string): Promise<string[]> {
  return find(root, name, maxDepth);
}

async function find(directory: string, wanted: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    if (entry.name === wanted || entry.name === `${wanted}.scope`) found.push(path);
    else if (depth > 1) found.push(...(await find(path, wanted, depth - 1)));
  }
  return found;
}
