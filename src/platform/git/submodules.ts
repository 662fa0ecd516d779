/**
 * The submodules of a commit: where each lies and which commit of which repository belongs there. One whose
 * repository is an app of the platform is read from there, with the rights of who pushes; any other is fetched.
 */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { streamGit } from "./git-output.ts";
import type { Repositories, RepositoryRef } from "./repositories.ts";

/** What git may speak to: nothing of the platform's own files. */
const protocols = "http:https:ssh:git";
const fetchTimeoutMs = 5 * 60_000;

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

export interface SubmoduleOptions {
  readonly repositories: Repositories;
  /** Where fetched repositories are kept. */
  readonly directory: string;
  /** For instance http://localhost:8080. */
  readonly platformUrl: string;
  /** Whether who pushes may read the app. */
  readonly mayRead: (ref: RepositoryRef) => Promise<boolean>;
}

/** The submodules below a directory of a commit; empty for the root. */
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
  const { output, ended } = streamGit(path, args, env);
  const byName = new Map<string, { path?: string; url?: string }>();
  for await (const line of createInterface({ input: output })) {
    const [, name = "", key = "", value = ""] = /^submodule\.(.*)\.(path|url) (.*)$/.exec(line) ?? [];
    byName.set(name, { ...byName.get(name), [key]: value });
  }
  // There is no .gitmodules, or it cannot be read: each path without an address is complained about by name.
  await ended.catch(() => undefined);
  const entries = [...byName.values()].flatMap(({ path: where, url }) =>
    where === undefined || url === undefined ? [] : [[where, url] as const],
  );
  return new Map(entries);
}

/** A repository on disk that has the submodule's commit. `namespace`: of the app that is pushed. */
export async function findSubmodule(
  submodule: Submodule,
  namespace: string,
  options: SubmoduleOptions,
): Promise<string> {
  const { path, commit, url } = submodule;
  const instead = `Or copy its files: git rm --cached ${path} && rm -rf ${path}/.git && git add ${path}`;
  if (url === undefined)
    throw new SubmoduleProblem(
      `${path} is a git repository of its own, but .gitmodules does not say where it comes from. ` +
        `Add it with: git submodule add URL ${path}. ${instead}`,
    );
  const own = ownRepository(url, namespace, options.platformUrl);
  if (own === undefined) return await fetchSubmodule(submodule, url, options, instead);
  if (own === "outside")
    throw new SubmoduleProblem(
      `the address of submodule ${path}, ${url}, is relative and leads to no app of the platform: ` +
        `write its full address into .gitmodules. ${instead}`,
    );
  const name = own.namespace === "default" ? own.app : `${own.namespace}/${own.app}`;
  const { repositories } = options;
  if (!(await options.mayRead(own)))
    throw new SubmoduleProblem(
      `submodule ${path} (${url}) leads to app ${name}, which is not there or which you may not read. ${instead}`,
    );
  const repository = repositories.path(own);
  if (await hasCommit(repositories, repository, commit)) return repository;
  throw new SubmoduleProblem(
    `app ${name} has no commit ${commit.slice(0, 7)} for submodule ${path}: push it there first, to any branch`,
  );
}

/** The app that the address means, if it is one of the platform. */
export function ownRepository(
  url: string,
  namespace: string,
  platformUrl: string,
): RepositoryRef | "outside" | undefined {
  const relative = /^\.\.?\//.test(url);
  const base = `${platformUrl}/${namespace === "default" ? "" : `${namespace}/`}app.git/`;
  if (!relative && !url.startsWith(`${platformUrl}/`)) return undefined;
  const { pathname } = new URL(url, base);
  const match = /^\/(?:([a-z0-9-]{1,63})\/)?([a-z0-9-]{1,63})(?:\.git)?\/?$/.exec(pathname);
  return match === null ? "outside" : { namespace: match[1] ?? "default", app: match[2] ?? "" };
}

async function fetchSubmodule(
  { path, commit }: Submodule,
  url: string,
  { repositories, directory }: SubmoduleOptions,
  instead: string,
): Promise<string> {
  const repository = join(directory, `${createHash("sha256").update(url).digest("hex")}.git`);
  await mkdir(repository, { recursive: true, mode: 0o700 });
  await repositories.git(repository, ["init", "--quiet", "--bare", "--template=", "."]);
  if (await hasCommit(repositories, repository, commit)) return repository;
  const env = { GIT_ALLOW_PROTOCOL: protocols, GIT_SSH_COMMAND: "ssh -o BatchMode=yes" };
  const fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1"];
  // A ref of its own keeps the commit from being collected.
  const refspec = `+${commit}:refs/nagi/${commit}`;
  try {
    await repositories.git(repository, [...fetch, "--", url, refspec], env, fetchTimeoutMs);
    return repository;
  } catch (error) {
    const said = /^(?:fatal|error): (.*)$/m.exec((error as { stderr?: string }).stderr ?? "")?.[1];
    throw new SubmoduleProblem(
      `cannot fetch submodule ${path} (commit ${commit.slice(0, 7)}) from ${url}: ${said ?? "git gave no reason"}. ` +
        `Where it is private, push it as an app of this project and use its address. ${instead}`,
      { cause: error },
    );
  }
}

async function hasCommit(repositories: Repositories, path: string, commit: string): Promise<boolean> {
  return await repositories.git(path, ["cat-file", "-e", `${commit}^{commit}`]).then(
    () => true,
    () => false,
  );
}
