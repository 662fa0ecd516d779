/** Asks the platform what a directory would be built as. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { askPlatform } from "./ask-platform.ts";
import { UsageError, type CommandContext } from "./command.ts";

const filesMax = 200_000;
const textBytesMax = 1024 ** 2;
const ignoredDirectories: ReadonlySet<string> = new Set([".git", "node_modules", ".venv"]);

export interface DetectedSource {
  readonly ok: boolean;
  /** What was found, or why nothing was. */
  readonly text: string;
  readonly notes: readonly string[];
  /** Process types and their commands. */
  readonly processes: Readonly<Record<string, string>>;
  /** Platforms that it is built on and runs on. */
  readonly platforms: readonly string[];
}

/** `language` is what the source shall be built as, whatever else is there. */
export async function detectSource(
  context: CommandContext,
  root: string,
  language?: string,
): Promise<DetectedSource> {
  const paths = filesOf(root);
  const detect = { method: "POST", path: "/-/detect" } as const;
  const { reads } = await askPlatform<{ readonly reads: readonly string[] }>(context, {
    ...detect,
    body: { paths },
  });
  const texts = Object.fromEntries(reads.map((path) => [path, textOf(join(root, path))]));
  return await askPlatform<DetectedSource>(context, { ...detect, body: { paths, texts, language } });
}

function filesOf(root: string): string[] {
  const files: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory() && !ignoredDirectories.has(entry.name)) visit(path);
      else if (entry.isFile()) files.push(relative(root, path));
      if (files.length > filesMax) throw new UsageError(`${root} has more than ${filesMax} files`);
    }
  };
  visit(root);
  return files;
}

function textOf(path: string): string {
  return statSync(path).size > textBytesMax ? "" : readFileSync(path, "utf8");
}
