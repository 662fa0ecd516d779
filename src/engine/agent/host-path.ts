/** What a hostPath volume must find on the node, or makes there. */

import { mkdir, open, stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import type { Volume } from "../../model/kinds/core/pod/volume.ts";
import { MountError } from "./mount-error.ts";

const checks: Readonly<Record<string, readonly [what: string, holds: (stats: Stats) => boolean]>> = {
  Directory: ["a directory", (stats) => stats.isDirectory()],
  DirectoryOrCreate: ["a directory", (stats) => stats.isDirectory()],
  File: ["a file", (stats) => stats.isFile()],
  FileOrCreate: ["a file", (stats) => stats.isFile()],
  Socket: ["a socket", (stats) => stats.isSocket()],
  CharDevice: ["a character device", (stats) => stats.isCharacterDevice()],
  BlockDevice: ["a block device", (stats) => stats.isBlockDevice()],
};

export async function prepareHostPath(source: NonNullable<Volume["hostPath"]>): Promise<string> {
  const { path, type = "" } = source;
  let found = await stat(path).catch(() => undefined);
  if (found === undefined && (type === "" || type === "DirectoryOrCreate")) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    found = await stat(path);
  }
  if (found === undefined && type === "FileOrCreate") {
    await (await open(path, "a", 0o644)).close();
    found = await stat(path);
  }
  const check = checks[type];
  if (check === undefined) return path;
  const [what, holds] = check;
  if (found === undefined || !holds(found)) {
    throw new MountError(`hostPath type check failed: ${path} is not ${what}`);
  }
  return path;
}
