/** The submodules of a commit: where each lies and which commit of which repository belongs there. */

import { text } from "node:stream/consumers";
import { streamGit } from "./stream-git.ts";

export interface Submodule {
  readonly path: string;
  readonly commit: string;
  /** Undefined where .gitmodules does not know the path. */
  readonly url?: string | undefined;
}

/** What a submodule lacks, and what the user can do about it. */
export class SubmoduleProblem extends Error {
  override readonly name = "SubmoduleProblem";
}

/** Below a directory of the commit; empty for the root. */
export async function listSubmodules(
  path: string,
  commit: string,
  directory: string,
  env: Readonly<Record<string, string>>,
): Promise<Submodule[]> {
  const only = directory === "" ? [] : ["--", `${directory}/`];
  const { output, ended } = streamGit(path, ["ls-tree", "-r", "-z", commit, ...only], env);
  const links: { path: string; commit: string }[] = [];
  let rest = "";
  for await (const chunk of output.setEncoding("utf8") as AsyncIterable<string>) {
    const entries = (rest + chunk).split("\0");
    rest = entries.pop() ?? "";
    for (const entry of entries) {
      const [, link, where] = /^160000 commit (\w+)\t(.*)$/s.exec(entry) ?? [];
      if (link !== undefined && where !== undefined) links.push({ path: where, commit: link });
    }
  }
  await ended;
  if (links.length === 0) return [];
  const urls = await readUrls(path, commit, env);
  return links.map((link) => ({ ...link, url: urls.get(link.path) }));
}

/** Addresses by path, of .gitmodules. */
async function readUrls(
  path: string,
  commit: string,
  env: Readonly<Record<string, string>>,
): Promise<Map<string, string>> {
  const args = ["config", "--blob", `${commit}:.gitmodules`, "--get-regexp", "^submodule\\..*\\.(path|url)$"];
  const { output } = streamGit(path, args, env);
  const byName = new Map<string, { path?: string; url?: string }>();
  // There is no .gitmodules, or it cannot be read: each path without an address is complained about by name.
  const lines = await text(output).catch(() => "");
  for (const line of lines.split("\n")) {
    const [, name = "", key = "", value = ""] = /^submodule\.(.*)\.(path|url) (.*)$/.exec(line) ?? [];
    byName.set(name, { ...byName.get(name), [key]: value });
  }
  const entries = [...byName.values()].flatMap(({ path: where, url }) =>
    where === undefined || url === undefined ? [] : [[where, url] as const],
  );
  return new Map(entries);
}

/** How to have the files of a submodule without a repository that can be reached. */
export function copyInstead(path: string): string {
  return `Or copy its files: git rm --cached ${path} && rm -rf ${path}/.git && git add ${path}`;
}

/** The address that .gitmodules gives; throws a SubmoduleProblem where it gives none. */
export function addressOf({ path, url }: Submodule): string {
  if (url !== undefined) return url;
  throw new SubmoduleProblem(
    `${path} is a git repository of its own, but .gitmodules does not say where it comes from. ` +
      `Add it with: git submodule add URL ${path}. ${copyInstead(path)}`,
  );
}
