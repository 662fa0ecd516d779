/** The kernel's control groups, of both versions, as far as this machine lets them be read and written. */

import { mkdir, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "./exists.ts";

const root = "/sys/fs/cgroup";
/** Controllers of the first version are directories of the root; slices of the second may hold ours. */
const maxDepth = 3;
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

/** Of all controllers, with what the engine made in them; the kernel lets none be removed that something runs in. */
export async function removeGroups(name: string): Promise<void> {
  for (const directory of await findGroups(name)) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    const inner = entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
    for (const each of [...inner, directory]) await rmdir(each).catch(() => undefined);
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
