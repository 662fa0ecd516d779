/** A directory as the recipe of a platform. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isUtf8 } from "node:buffer";
import { join, relative, resolve } from "node:path";
import { recipeLimits, type RecipeFile } from "../../model/kinds/nagi/platform/recipe-files.ts";
import { recipeFile } from "../../model/kinds/nagi/platform/recipe-text.ts";
import { UsageError } from "../command.ts";

export function readRecipe(cwd: string, given: string): RecipeFile[] {
  const directory = resolve(cwd, given);
  if (!existsSync(directory) || !statSync(directory).isDirectory())
    throw new UsageError(`DIR is ${directory}: there is no such directory`);
  if (!existsSync(join(directory, recipeFile)))
    throw new UsageError(
      `${directory} has no ${recipeFile}, which says what the platform stands on`,
      `For instance: printf 'from: python\\npackages: [imagemagick]\\n' > ${join(given, recipeFile)}`,
    );
  const files: RecipeFile[] = [];
  let totalBytes = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path);
    if (entry.isDirectory() || name.split("/").includes(".git")) continue;
    if (!entry.isFile()) throw new UsageError(`${path} is no file: a recipe has files and directories only`);
    const { mode, size } = statSync(path);
    totalBytes += size;
    if (totalBytes > recipeLimits.totalBytes || files.length >= recipeLimits.files)
      throw new UsageError(
        `${directory} is too large for a recipe, which may have ${recipeLimits.files} files of ${recipeLimits.totalBytes / 1024} KiB in all`,
        "Let its Containerfile fetch what is large.",
      );
    files.push(fileOf(name, readFileSync(path), (mode & 0o111) !== 0));
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function fileOf(path: string, data: Buffer, executable: boolean): RecipeFile {
  const isText = isUtf8(data) && !data.includes(0);
  const content = isText ? { content: data.toString() } : { binaryContent: data.toString("base64") };
  return { path, ...content, ...(executable ? { executable } : {}) };
}
