/**
 * Makes a directory the copy of another one: with owners, modes, times and links, and by sharing blocks where the file system
 * can. Done again, it copies what has changed and removes what has gone. Files that are hard linked become files of their own;
 * sockets and devices are left out.
 */

import { constants, type Stats } from "node:fs";
import {
  chmod,
  copyFile,
  lchown,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readlink,
  rm,
  symlink,
} from "node:fs/promises";
import { join } from "node:path";

/** Times are set with a little less than they are told in. */
const timesApartMs = 0.01;

/** Number of entries that were copied. */
export async function mirrorTree(from: string, to: string): Promise<number> {
  const found = await lstat(from);
  await mkdir(to, { recursive: true });
  const copied = await mirrorEntries(from, to);
  await putOn(to, found);
  return copied;
}

async function mirrorEntries(from: string, to: string): Promise<number> {
  const names = await readdir(from);
  for (const name of await readdir(to))
    if (!names.includes(name)) await rm(join(to, name), { recursive: true, force: true });
  let copied = 0;
  for (const name of names) copied += await mirrorEntry(join(from, name), join(to, name));
  return copied;
}

async function mirrorEntry(from: string, to: string): Promise<number> {
  const found = await statOf(from);
  // It went while the others were copied.
  if (found === undefined) return 0;
  const present = await statOf(to);
  if (found.isDirectory()) {
    if (present !== undefined && !present.isDirectory()) await rm(to);
    return await mirrorTree(from, to).catch(ignoreGone);
  }
  if (!found.isFile() && !found.isSymbolicLink()) {
    await rm(to, { recursive: true, force: true });
    return 0;
  }
  if (present !== undefined && isSame(found, present)) return 0;
  await rm(to, { recursive: true, force: true });
  try {
    if (found.isSymbolicLink()) await symlink(await readlink(from), to);
    else await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    return ignoreGone(error as NodeJS.ErrnoException);
  }
  await putOn(to, found);
  return 1;
}

/** Whoever writes changes the time; who sets it back changes the size or is not noticed, as with rsync. */
function isSame(left: Stats, right: Stats): boolean {
  const kinds = left.isSymbolicLink() === right.isSymbolicLink() && left.isFile() === right.isFile();
  const times = Math.abs(left.mtimeMs - right.mtimeMs) < timesApartMs;
  return kinds && times && left.size === right.size && left.mode === right.mode && left.uid === right.uid;
}

async function putOn(to: string, found: Stats): Promise<void> {
  await lchown(to, found.uid, found.gid);
  if (!found.isSymbolicLink()) await chmod(to, found.mode & 0o7777);
  await lutimes(to, found.atimeMs / 1000, found.mtimeMs / 1000);
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

function ignoreGone(error: NodeJS.ErrnoException): number {
  if (error.code === "ENOENT") return 0;
  throw error;
}
