/** Sources as tests write them: a tar of some texts. */

import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { pack } from "tar-stream";

export function tarOf(files: Readonly<Record<string, string>>): Readable {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return Readable.from(tar);
}

/** A directory of small text files, for instance an example. */
export async function filesOf(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(directory, path)] = await readFile(path, "utf8");
  }
  return files;
}
