/**
 * A directory of files that changes as a whole: the files stand in a directory of their own, a link `..data`
 * leads to it, and each visible name is a link through `..data`. A change is one rename of that link, so that a
 * reader sees either all old files or all new ones. The layout is the one that Kubernetes' users know.
 */

import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { VolumeFile } from "./volume-files.ts";

const dataLink = "..data";

/** Makes the directory hold these files. Says whether anything changed. */
export async function writeFileDirectory(
  dir: string,
  files: readonly VolumeFile[],
  group: number | undefined,
): Promise<boolean> {
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const present = await readlink(join(dir, dataLink)).catch(() => undefined);
  if (present !== undefined && (await isSame(join(dir, present), files))) return false;
  const next = `..${Date.now()}.${crypto.randomUUID().slice(0, 8)}`;
  await writeAll(join(dir, next), files, group);
  const link = join(dir, `${dataLink}_tmp`);
  // One that was cut off may have left it.
  await rm(link, { force: true });
  await symlink(next, link);
  await rename(link, join(dir, dataLink));
  const names = new Set(files.map(({ path }) => path.split("/")[0] ?? ""));
  for (const name of names) await linkName(dir, name);
  for (const name of await readdir(dir)) {
    const ours = name === next || name === dataLink || names.has(name);
    if (!ours) await rm(join(dir, name), { recursive: true, force: true });
  }
  return true;
}

async function linkName(dir: string, name: string): Promise<void> {
  const target = join(dataLink, name);
  if ((await readlink(join(dir, name)).catch(() => undefined)) !== target)
    await symlink(target, join(dir, name));
}

async function writeAll(dir: string, files: readonly VolumeFile[], group: number | undefined): Promise<void> {
  await mkdir(dir, { mode: 0o755 });
  for (const { path, mode, content } of files) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, content);
    // A group that owns the pod's volumes can read what the owner can.
    await chmod(file, group === undefined ? mode : mode | ((mode & 0o600) >> 3));
    if (group !== undefined) await chown(file, 0, group);
  }
}

async function isSame(dir: string, files: readonly VolumeFile[]): Promise<boolean> {
  const found = await listFiles(dir);
  if (found.length !== files.length) return false;
  for (const { path, content } of files) {
    const present = await readFile(join(dir, path)).catch(() => undefined);
    if (present === undefined || !present.equals(content)) return false;
  }
  return true;
}

async function listFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  const files: string[] = [];
  for (const name of names) if ((await lstat(join(dir, name))).isFile()) files.push(name);
  return files;
}
