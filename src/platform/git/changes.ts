/** What a commit changes against the one that is live, for who pushes. */

import type { Client } from "../../client/client.ts";
import { build as buildKind } from "../../model/kinds/build/build/build.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind } from "../../model/kinds/nagi/release/release.ts";
import { isNotFound } from "../../model/status.ts";

const namedMax = 3;

/** Runs git in the repository with the pushed objects. */
export type Git = (...args: string[]) => Promise<string>;

export interface LiveSource {
  /** For instance v4. */
  readonly version: string;
  readonly commit: string;
  /** Of the build; empty for the root. */
  readonly contextDir: string;
}

/** The commit that what is live was built from; undefined when there is none, or it is an image. */
export async function liveSource(client: Client, app: App): Promise<LiveSource | undefined> {
  const { namespace } = app.metadata;
  const name = app.status?.currentRelease;
  if (name === undefined) return undefined;
  try {
    const { spec } = await client.get(releaseKind, { namespace, name });
    if (spec.build === undefined || spec.commit === undefined) return undefined;
    const found = await client.get(buildKind, { namespace, name: spec.build });
    const contextDir = found.spec.source?.contextDir ?? "";
    return { version: `v${spec.version}`, commit: spec.commit, contextDir };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether the directory is the same in both commits. */
export async function isSameTree(git: Git, live: LiveSource, commit: string): Promise<boolean> {
  const trees = await git("rev-parse", `${live.commit}:${live.contextDir}`, `${commit}:${live.contextDir}`)
    // The live commit is no longer there.
    .catch(() => "");
  const [before, after] = trees.trim().split("\n");
  return before !== undefined && before !== "" && before === after;
}

/** "3 files changed since v4 (+12 -3): a, b, c"; undefined when there is nothing to compare with. */
export async function changesText(
  git: Git,
  { version, commit: before }: LiveSource,
  commit: string,
  contextDir: string,
): Promise<string | undefined> {
  const limits = ["--no-renames", "--no-ext-diff", "-z", before, commit, "--"];
  const text = await git("diff", "--numstat", ...limits, contextDir === "" ? "." : contextDir)
    // The live commit is no longer there, or more has changed than one wants to read.
    .catch(() => undefined);
  return text === undefined ? undefined : describeChanges(text, version);
}

/** Of `git diff --numstat -z`. */
export function describeChanges(numstat: string, version: string): string {
  const files = numstat
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
  if (files.length === 0) return `No file changed since ${version}`;
  // "-" stands for a binary file.
  const sum = (column: number): number =>
    files.reduce((total, cells) => total + (Number(cells[column]) || 0), 0);
  const names = files.slice(0, namedMax).map((cells) => cells.slice(2).join("\t"));
  const more = files.length > namedMax ? ` and ${files.length - namedMax} more` : "";
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  return `${count} changed since ${version} (+${sum(0)} -${sum(1)}): ${names.join(", ")}${more}`;
}
