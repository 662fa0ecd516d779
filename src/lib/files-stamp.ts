/** Whether files are as they were, without reading them. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Text that changes whenever one of the files, or of those in a folder among them, does: by size, time and mode. */
export async function filesStamp(paths: readonly string[]): Promise<string> {
  const stamps = paths.map(async (path) => {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return `${path} none`;
    const own = `${path} ${found.size} ${found.mtimeMs} ${found.mode}`;
    if (!found.isDirectory()) return own;
    const names = (await readdir(path)).toSorted((a, b) => (a < b ? -1 : 1));
    return `${own}\n${await filesStamp(names.map((name) => join(path, name)))}`;
  });
  return (await Promise.all(stamps)).join("\n");
}
