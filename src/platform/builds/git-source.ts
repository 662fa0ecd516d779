/**
 * Source that a build names as a git repository: fetched by git itself, its submodules included, and kept in the source
 * store as its commit's files. What must stay true: only HTTP(S) and SSH are spoken, so that no build reads a repository
 * of this machine's disk; nobody is asked for a password; no secret is told; nothing is left behind.
 */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../../client/client.ts";
import { GitCredentialProblem } from "../../client/git-credentials.ts";
import { openRemoteGit } from "../../client/open-remote-git.ts";
import { messageOf } from "../../lib/errors.ts";
import { archiveCommit, type FoundRepository } from "../../lib/git/archive-commit.ts";
import { checkGitUrl, resolveGitUrl, shownGitUrl } from "../../lib/git/git-url.ts";
import { addressOf, copyInstead, SubmoduleProblem, type Submodule } from "../../lib/git/list-submodules.ts";
import { FetchProblem, type RemoteGit } from "../../lib/git/remote-git.ts";
import { SourceTooLargeError, type SourceStore } from "../../lib/source-store.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { refOf } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isNotFound } from "../../model/status.ts";
import { BuildFailure } from "./failure.ts";
import { fetchPrefix } from "./fetch-leftovers.ts";
import type { HostConfig } from "./host-config.ts";

const maxSubjectLength = 200;
const commitHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export interface GitSourceOptions {
  readonly client: Client;
  readonly sources: SourceStore;
  /** The way to the outside. */
  readonly host: Pick<HostConfig, "ca" | "proxies">;
  /** Environment of git; PATH among it. */
  readonly env: Readonly<Record<string, string>>;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The build with its source in the store; itself when it names no repository. */
export async function withFetchedSource(build: Build, options: GitSourceOptions): Promise<Build> {
  const { source, revision } = build.spec;
  if (source?.git === undefined || source.binary !== undefined) return build;
  const { uri, ref = "HEAD" } = source.git;
  refuseUnknown(uri, ref);
  // As in OpenShift the commit wins, when it is told in full; the branch says what it is of.
  const asked = commitHash.test(revision?.git?.commit ?? "") ? (revision?.git?.commit ?? ref) : ref;
  const work = await mkdtemp(join(tmpdir(), fetchPrefix(process.pid)));
  try {
    const git = await remoteGit(build, options);
    options.tell(`-----> Fetching ${ref === "HEAD" ? "" : `${ref} of `}${uri}`);
    const directory = join(work, "source.git");
    await initialise(git, directory);
    const commit = await git.fetch(directory, uri, asked);
    const about = await describeCommit(git, directory, commit);
    options.tell(`       commit ${commit.slice(0, 7)}: ${about.message}`);
    await refuseMissingDirectory(git, { directory, commit, contextDir: source.contextDir });
    const { id, submodules } = await archive({ git, work, directory, commit, uri }, build, options);
    if (submodules.length > 0) options.tell(`       with submodules ${submodules.join(", ")}`);
    const spec = {
      ...build.spec,
      source: { ...source, binary: { asFile: id } },
      revision: { type: "Git", git: { ...about, commit } },
    };
    await recordRevision(build, spec.revision, options.client);
    return { ...build, spec };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof BuildFailure) throw error;
    throw new BuildFailure("FetchSourceFailed", failureText(error, { uri, asked, ref }), { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function refuseUnknown(uri: string, ref: string): void {
  const problem = checkGitUrl(uri);
  if (problem !== undefined) {
    const message = `spec.source.git.uri is ${JSON.stringify(shownGitUrl(uri))}: it ${problem}`;
    throw new BuildFailure("FetchSourceFailed", message);
  }
  if (/^-|[\s:*?[\\^~]|\.\./.test(ref)) {
    const message = `spec.source.git.ref is ${JSON.stringify(ref)}: it must be the name of a branch or tag, or a commit`;
    throw new BuildFailure("FetchSourceFailed", message);
  }
}

function failureText(
  error: unknown,
  { uri, asked, ref }: { readonly uri: string; readonly asked: string; readonly ref: string },
): string {
  if (
    error instanceof SubmoduleProblem ||
    error instanceof GitCredentialProblem ||
    error instanceof SourceTooLargeError
  )
    return error.message;
  if (error instanceof FetchProblem && error.isMissing && commitHash.test(asked) && asked !== ref) {
    const branch = ref === "HEAD" ? "its branch" : ref;
    return (
      `commit ${asked.slice(0, 7)} is no longer in ${uri}: ${branch} was pushed anew since (force push) or deleted. ` +
      "Build what is there now: nagi deploy for an app, nagi start-build NAME for a BuildConfig"
    );
  }
  const what = commitHash.test(asked) ? `commit ${asked.slice(0, 7)}` : asked;
  return `cannot fetch ${what} of ${uri}: ${messageOf(error)}. Check spec.source.git.uri and spec.source.git.ref`;
}

async function remoteGit(
  build: Build,
  { client, host, env, signal, tell }: GitSourceOptions,
): Promise<RemoteGit> {
  const { source } = build.spec;
  const { uri, httpProxy, httpsProxy, noProxy } = source?.git ?? { uri: "" };
  const proxies = { http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy };
  const given = Object.entries(proxies).filter(([, value]) => value !== undefined);
  return await openRemoteGit(client, {
    namespace: build.metadata.namespace ?? "default",
    app: build.metadata.labels?.[appLabel],
    secretName: source?.sourceSecret?.name,
    mainUrl: uri,
    env: { ...env, ...host.proxies, ...Object.fromEntries(given) },
    ca: host.ca,
    signal,
    onForgotten: (error) => tell(` !     The host key is not kept: ${messageOf(error)}`),
  });
}

async function initialise(git: RemoteGit, directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  await git.git(directory, "init", "--quiet", "--bare", "--template=", ".");
}

async function refuseMissingDirectory(
  git: RemoteGit,
  asked: { readonly directory: string; readonly commit: string; readonly contextDir?: string | undefined },
): Promise<void> {
  const { directory, commit, contextDir = "" } = asked;
  if (contextDir === "") return;
  const entry = await git.git(
    directory,
    "--literal-pathspecs",
    "ls-tree",
    commit,
    "--",
    contextDir.replace(/\/+$/, ""),
  );
  if (/^\d+ tree /.test(entry)) return;
  const message = `spec.source.contextDir is ${contextDir}: commit ${commit.slice(0, 7)} has no such directory`;
  throw new BuildFailure("FetchSourceFailed", message);
}

interface Fetched {
  readonly git: RemoteGit;
  /** For the repositories of submodules. */
  readonly work: string;
  readonly directory: string;
  readonly commit: string;
  readonly uri: string;
}

async function archive(
  { git, work, directory, commit, uri }: Fetched,
  build: Build,
  { sources, env: given, signal }: GitSourceOptions,
): ReturnType<typeof archiveCommit> {
  const env = { PATH: given["PATH"] ?? "", HOME: work, LC_ALL: "C.UTF-8", GIT_LITERAL_PATHSPECS: "1" };
  const contextDir = (build.spec.source?.contextDir ?? "").replace(/^(\.?\/)+|\/+$/g, "").replace(/^\.$/, "");
  return await archiveCommit(
    { path: directory, commit, directory: contextDir, env, url: uri },
    {
      sources,
      signal,
      submoduleEnv: env,
      findSubmodule: (submodule, parent) => fetchSubmodule(submodule, { parent: parent ?? uri, git, work }),
    },
  );
}

async function fetchSubmodule(
  submodule: Submodule,
  { parent, git, work }: { readonly parent: string; readonly git: RemoteGit; readonly work: string },
): Promise<FoundRepository> {
  const { path, commit } = submodule;
  const url = resolveGitUrl(addressOf(submodule), parent);
  const directory = join(work, `${createHash("sha256").update(`${url} ${commit}`).digest("hex")}.git`);
  try {
    await initialise(git, directory).catch((error: NodeJS.ErrnoException) => {
      // Two paths with the same repository.
      if (error.code !== "EEXIST") throw error;
    });
    await git.fetch(directory, url, commit);
    return { path: directory, url };
  } catch (error) {
    if (!(error instanceof FetchProblem)) throw error;
    throw new SubmoduleProblem(
      `cannot fetch submodule ${path} (commit ${commit.slice(0, 7)}) from ${shownGitUrl(url)}: ${error.message}. ` +
        `Where it is private, give the app a key for it: nagi deploy-keys add --repository ${shownGitUrl(url)}. ${copyInstead(path)}`,
      { cause: error },
    );
  }
}

interface About {
  readonly author: { readonly name: string; readonly email: string };
  readonly message: string;
}

async function describeCommit(git: RemoteGit, directory: string, commit: string): Promise<About> {
  const [name = "", email = "", subject = ""] = (
    await git.git(directory, "show", "-s", "--format=%an%n%ae%n%s", commit)
  ).split("\n");
  return { author: { name, email }, message: subject.slice(0, maxSubjectLength) };
}

/** What of the branch was built: the release names it, and a retry builds the same. */
async function recordRevision(
  build: Build,
  revision: Build["spec"]["revision"],
  client: Client,
): Promise<void> {
  if (
    build.spec.revision?.git?.commit === revision?.git?.commit &&
    build.spec.revision?.git?.message !== undefined
  )
    return;
  const body = { spec: { revision: JSON.parse(JSON.stringify(revision)) as JsonValue } };
  await client.patch(buildKind, refOf(build), { type: "merge", body }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
