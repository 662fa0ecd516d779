/**
 * What detection sees of a source: the paths of all its files, and the text of the small ones at its root that
 * say what kind of app it is.
 */

import type { Readable } from "node:stream";
import { extract } from "tar-stream";

export const sourceTreeLimits = { entries: 200_000, textBytes: 1024 ** 2 } as const;

export interface SourceTree {
  readonly paths: ReadonlySet<string>;
  /** Text of a file at the root, up to the size limit; undefined when there is none or it was not read. */
  text(path: string): string | undefined;
}

/** Read at the root: whatever tells detection something. */
const readNames: ReadonlySet<string> = new Set([
  ".node-version",
  ".npmrc",
  ".nvmrc",
  ".yarnrc.yml",
  "Containerfile",
  "Dockerfile",
  "Procfile",
  "package.json",
  "pnpm-lock.yaml",
  "static.json",
  "yarn.lock",
]);

/** The tree of the tar, or of one directory in it. */
export async function readSourceTree(tar: Readable, contextDir = ""): Promise<SourceTree> {
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
      if (readNames.has(path)) {
        texts.set(path, await readText(entry));
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
