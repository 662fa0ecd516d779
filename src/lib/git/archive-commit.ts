/** The files of a commit as one tar in the source store, those of its submodules included. */

import type { Readable } from "node:stream";
import { extract, pack, type Header, type Pack } from "tar-stream";
import type { SourceStore, StoredSource } from "../source-store.ts";
import { writeEntry } from "../tar-entry.ts";
import { streamGit } from "./stream-git.ts";
import { listSubmodules, SubmoduleProblem, type Submodule } from "./list-submodules.ts";

/** Submodules of submodules of submodules. */
const maxDepth = 5;
const maxSubmodules = 200;

export interface FoundRepository {
  /** On disk. */
  readonly path: string;
  /** Where it was fetched from; relative addresses of its own submodules start there. */
  readonly url?: string | undefined;
}

export interface ArchiveOptions {
  readonly sources: SourceStore;
  /** A repository that has the submodule's commit; `parentUrl` is that of the repository which names it. */
  readonly findSubmodule: (submodule: Submodule, parentUrl: string | undefined) => Promise<FoundRepository>;
  /** Environment of git in the submodules' repositories. */
  readonly submoduleEnv: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Archived {
  /** The repository on disk. */
  readonly path: string;
  readonly commit: string;
  /** What is archived; empty for everything. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the repository was fetched from, if it was. */
  readonly url?: string | undefined;
}

export interface StoredArchive extends StoredSource {
  readonly submodules: readonly string[];
}

interface Part extends Archived {
  /** Where its files go, with a slash; empty for the root. */
  readonly prefix: string;
}

export async function archiveCommit(asked: Archived, options: ArchiveOptions): Promise<StoredArchive> {
  const whole: Part = { ...asked, prefix: "" };
  const aborter = new AbortController();
  const signals = [aborter.signal, ...(options.signal === undefined ? [] : [options.signal])];
  // Begun before it is known whether it is all, since it mostly is. What is stored already may be another build's.
  const storing = putWhole(whole, { ...options, signal: AbortSignal.any(signals) });
  storing.catch(() => undefined);
  const parts = await submoduleParts(whole, options, 1).catch((error: unknown) => {
    aborter.abort();
    throw error;
  });
  if (parts.length === 0) return { ...(await storing), submodules: [] };
  aborter.abort();
  await storing.catch(() => undefined);
  options.signal?.throwIfAborted();
  const merged = pack();
  const writing = writeParts(merged, [whole, ...parts]).catch((error: unknown) => {
    merged.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const [together] = await Promise.all([
    options.sources.put(merged as unknown as Readable, options.signal),
    writing,
  ]);
  return { ...together, submodules: parts.map(({ prefix }) => prefix.slice(0, -1)) };
}

async function putWhole(part: Part, { sources, signal }: ArchiveOptions): Promise<StoredSource> {
  const { output, ended } = archiveOf(part);
  const [stored] = await Promise.all([sources.put(output, signal), ended]);
  return stored;
}

function archiveOf({ path, commit, directory, prefix, env }: Part): ReturnType<typeof streamGit> {
  const args = ["archive", "--format=tar", ...(prefix === "" ? [] : [`--prefix=${prefix}`]), commit];
  return streamGit(path, directory === "" ? args : [...args, "--", directory], env);
}

async function submoduleParts(part: Part, options: ArchiveOptions, depth: number): Promise<Part[]> {
  const found = await listSubmodules(part.path, part.commit, part.directory, part.env);
  if (found.length > maxSubmodules)
    throw new SubmoduleProblem(`the commit has more than ${maxSubmodules} submodules`);
  if (found.length > 0 && depth > maxDepth)
    throw new SubmoduleProblem(`submodules lie more than ${maxDepth} deep, below ${part.prefix}`);
  const parts: Part[] = [];
  const env = options.submoduleEnv;
  for (const submodule of found) {
    options.signal?.throwIfAborted();
    const { path, url } = await options.findSubmodule(submodule, part.url);
    const prefix = `${part.prefix}${submodule.path}/`;
    const inner: Part = { path, url, commit: submodule.commit, directory: "", env, prefix };
    parts.push(inner, ...(await submoduleParts(inner, options, depth + 1)));
  }
  return parts;
}

async function writeParts(target: Pack, parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    const { output, ended } = archiveOf(part);
    await Promise.all([copyEntries(output, target), ended]);
  }
  target.finalize();
}

async function copyEntries(source: Readable, target: Pack): Promise<void> {
  const entries = extract();
  source.on("error", (error) => entries.destroy(error));
  source.pipe(entries);
  try {
    for await (const entry of entries) {
      const { name, mode, mtime, type, linkname, size } = entry.header;
      const header: Header = { name, mode, mtime, type, linkname, size, uid: 0, gid: 0 } as Header;
      await writeEntry(target, header, entry);
    }
  } finally {
    source.destroy();
  }
}
