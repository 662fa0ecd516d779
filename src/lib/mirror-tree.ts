/**
 * Makes a directory the copy of another one: with owners, modes, times and links, and by sharing blocks where the file system
 * can. Done again, it copies what has changed and removes what has gone. Files that are hard linked become files of their own;
 * sockets and devices are left out. Names are bytes, as the kernel has them: not all of them are UTF-8.
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

/** Times are set with a little less than they are told in. */
const timesApartMs = 0.01;
const separator = Buffer.from("/");

/** Number of entries that were copied. */
export async function mirrorTree(from: string, to: string): Promise<number> {
  return await mirrorDirectory(Buffer.from(from), Buffer.from(to));
}

async function mirrorDirectory(from: Buffer, to: Buffer): Promise<number> {
  const found = await lstat(from);
  await mkdir(to, { recursive: true });
  const copied = await mirrorEntries(from, to);
  await putOn(to, found);
  return copied;
}

async function mirrorEntries(from: Buffer, to: Buffer): Promise<number> {
  const names = await readdir(from, { encoding: "buffer" });
  const wanted = new Set(names.map(keyOf));
  for (const name of await readdir(to, { encoding: "buffer" }))
    if (!wanted.has(keyOf(name))) await rm(below(to, name), { recursive: true, force: true });
  let copied = 0;
  for (const name of names) copied += await mirrorEntry(below(from, name), below(to, name));
  return copied;
}

async function mirrorEntry(from: Buffer, to: Buffer): Promise<number> {
  const found = await statOf(from);
  // It went while the others were copied.
  if (found === undefined) return 0;
  const present = await statOf(to);
  if (found.isDirectory()) {
    if (present !== undefined && !present.isDirectory()) await rm(to);
    return await mirrorDirectory(from, to).catch(ignoreGone);
  }
  if (!found.isFile() && !found.isSymbolicLink()) {
    await rm(to, { recursive: true, force: true });
    return 0;
  }
  if (present !== undefined && isSame(found, present)) return 0;
  await rm(to, { recursive: true, force: true });
  try {
    if (found.isSymbolicLink()) await symlink(await readlink(from, { encoding: "buffer" }), to);
    else await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    return ignoreGone(error as NodeJS.ErrnoException);
  }
  await putOn(to, found);
  return 1;
}

function below(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, separator, name]);
}

/** Another for every name. */
function keyOf(name: Buffer): string {
  return name.toString("latin1");
}

/** Whoever writes changes the time; who sets it back changes the size or is not noticed, as with rsync. */
function isSame(left: Stats, right: Stats): boolean {
  const kinds = left.isSymbolicLink() === right.isSymbolicLink() && left.isFile() === right.isFile();
  const times = Math.abs(left.mtimeMs - right.mtimeMs) < timesApartMs;
  return kinds && times && left.size === right.size && left.mode === right.mode && left.uid === right.uid;
}

async function putOn(to: Buffer, found: Stats): Promise<void> {
  await lchown(to, found.uid, found.gid);
  if (!found.isSymbolicLink()) await chmod(to, found.mode & 0o7777);
  await lutimes(to, found.atimeMs / 1000, found.mtimeMs / 1000);
}

async function statOf(path: Buffer): Promise<Stats | undefined> {
  return await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

function ignoreGone(error: NodeJS.ErrnoException): number {
  if (error.code === "ENOENT") return 0;
  throw error;
}
