/**
 * Where the submodules of a push come from. One whose repository is an app of the platform is read from there, with
 * the rights of who pushes; any other is fetched, with the deploy keys of the app that is pushed.
 */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { FoundRepository } from "../../lib/git/archive-commit.ts";
import { resolveGitUrl, shownGitUrl } from "../../lib/git/git-url.ts";
import { addressOf, copyInstead, SubmoduleProblem, type Submodule } from "../../lib/git/list-submodules.ts";
import { FetchProblem, type RemoteGit } from "../../lib/git/remote-git.ts";
import type { Repositories, RepositoryRef } from "./repositories.ts";

interface SubmoduleOptions {
  readonly repositories: Repositories;
  /** Where fetched repositories are kept. */
  readonly directory: string;
  /** For instance http://localhost:8080. */
  readonly platformUrl: string;
  /** With the credentials of the app that is pushed. */
  readonly remote: () => Promise<RemoteGit>;
  /** Whether who pushes may read the app. */
  readonly mayRead: (ref: RepositoryRef) => Promise<boolean>;
}

interface Naming {
  /** Of the app that is pushed. */
  readonly namespace: string;
  /** Of a fetched repository that names the submodule. */
  readonly parentUrl?: string | undefined;
}

export async function findSubmodule(
  submodule: Submodule,
  { namespace, parentUrl }: Naming,
  options: SubmoduleOptions,
): Promise<FoundRepository> {
  const { path, commit } = submodule;
  const instead = copyInstead(path);
  const given = addressOf(submodule);
  const url = parentUrl === undefined ? given : resolveGitUrl(given, parentUrl);
  const own = ownRepository(url, namespace, options.platformUrl);
  if (own === undefined)
    return { path: await fetchSubmodule({ ...submodule, url }, namespace, options), url };
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
  if (await hasCommit(repositories, repository, commit)) return { path: repository };
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
  { path, commit, url }: Submodule & { readonly url: string },
  namespace: string,
  { repositories, directory, remote }: SubmoduleOptions,
): Promise<string> {
  const git = await remote();
  const secret = git.credentialName(url);
  // What was fetched with a Secret of one project is kept from the others.
  const key = secret === undefined ? url : `${namespace}\n${secret}\n${url}`;
  const repository = join(directory, `${createHash("sha256").update(key).digest("hex")}.git`);
  await mkdir(repository, { recursive: true, mode: 0o700 });
  await repositories.git(repository, ["init", "--quiet", "--bare", "--template=", "."]);
  if (await hasCommit(repositories, repository, commit)) return repository;
  try {
    await git.fetch(repository, url, commit);
    // A ref of its own keeps the commit from being collected.
    await repositories.git(repository, ["update-ref", `refs/nagi/${commit}`, commit]);
    return repository;
  } catch (error) {
    if (!(error instanceof FetchProblem)) throw error;
    throw new SubmoduleProblem(
      `cannot fetch submodule ${path} (commit ${commit.slice(0, 7)}) from ${shownGitUrl(url)}: ${error.message}. ` +
        `Where it is private, give the app a key for it: nagi deploy-keys add --repository ${shownGitUrl(url)}. ${copyInstead(path)}`,
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
