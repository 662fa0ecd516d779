/**
 * What detection sees of a source: the paths of all its files, and the text of those that
 * say what kind of app it is.
 */

import type { Readable } from "node:stream";
import { extract } from "tar-stream";

export const sourceTreeLimits = {
  entries: 200_000,
  textBytes: 1024 ** 2,
  allTextBytes: 16 * 1024 ** 2,
} as const;

export interface SourceTree {
  readonly paths: ReadonlySet<string>;
  /** Text of a file, up to the size limit; undefined when there is none or it was not read. */
  text(path: string): string | undefined;
}

export interface ReadSourceOptions {
  readonly contextDir?: string | undefined;
  /** Whether the text of the file at this path is wanted. */
  readonly reads: (path: string) => boolean;
}

/** The tree of the tar, or of one directory in it. */
export async function readSourceTree(
  tar: Readable,
  { contextDir = "", reads }: ReadSourceOptions,
): Promise<SourceTree> {
  let textBytes = 0;
  const paths = new Set<string>();
  const texts = new Map<string, string>();
  const entries = extract();
  tar.on("error", (error) => entries.destroy(error));
  tar.pipe(entries);
  for await (const entry of entries) {
    const path = pathWithin(entry.header.name, contextDir);
    if (path !== undefined && entry.header.type === "file") {
      paths.add(path);
      if (paths.size > sourceTreeLimits.entries) {
        throw new Error(`cannot read the source: it has more than ${sourceTreeLimits.entries} files`);
      }
      if (textBytes < sourceTreeLimits.allTextBytes && reads(path)) {
        const text = await readText(entry);
        texts.set(path, text);
        textBytes += text.length;
        continue;
      }
    }
    entry.resume();
  }
  return { paths, text: (path) => texts.get(path) };
}

/** A tree from texts, as tests write it. */
export function sourceTreeOf(files: Readonly<Record<string, string>>): SourceTree {
  return { paths: new Set(Object.keys(files)), text: (path) => files[path] };
}

/** Path below the directory, or undefined for what lies outside of it. */
export function pathWithin(name: string, contextDir: string): string | undefined {
  const path = trimmed(name);
  const directory = trimmed(contextDir);
  if (directory === "") return path === "" ? undefined : path;
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
}

function trimmed(path: string): string {
  return path
    .replace(/^(\.?\/)+/, "")
    .replace(/\/+$/, "")
    .replace(/^\.$/, "");
}

async function readText(entry: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let kept = 0;
  for await (const chunk of entry) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (kept < sourceTreeLimits.textBytes) chunks.push(chunk);
    kept += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, sourceTreeLimits.textBytes).toString("utf8");
}
