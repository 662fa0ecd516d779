/** Folders of fetched repositories that a platform left which was killed: their names say whose they were. */

import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const pattern = /^nagi-git-(\d+)-/;

/** How the name of a folder begins that the process fetches into. */
export const fetchPrefix = (pid: number): string => `nagi-git-${pid}-`;

/** Removes those of processes that are no more; their paths. */
export async function removeFetchLeftovers(directory = tmpdir()): Promise<readonly string[]> {
  const left = (await readdir(directory)).filter((name) => {
    const pid = Number(pattern.exec(name)?.[1]);
    return pid > 0 && !isAlive(pid);
  });
  const paths = left.map((name) => join(directory, name));
  for (const path of paths) await rm(path, { recursive: true, force: true });
  return paths;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be told anything, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
