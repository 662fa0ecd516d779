/**
 * Brings buildpacks from git repositories and archives onto the platform, as tar files. What was fetched last is kept:
 * where the outside cannot be reached, a build goes on with that and says so.
 *
 * What must stay true: no build reads a repository of this machine's disk; nobody is asked for a password; what was
 * fetched with a Secret is for that Secret's namespace only, also when it is kept; what is fetched is bounded in size
 * and time; nothing of it runs here.
 */

import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../lib/errors.ts";
import { shownGitUrl } from "../../../lib/git/git-url.ts";
import type { RemoteGit } from "../../../lib/git/remote-git.ts";
import type { BuildpackPlace } from "../../../model/kinds/nagi/buildpack-url.ts";
import { BuildFailure } from "../failure.ts";
import type { HostConfig } from "../host-config.ts";
import { readSourceTree } from "../source-tree.ts";
import { download } from "../network/download.ts";
import type { Guard } from "../network/guard.ts";

const fetchTimeoutMs = 5 * 60_000;
/** Of an archive, compressed or not, and of a commit's files. */
const maxBytes = 256 * 1024 ** 2;
const keptMax = 50;
export type RemotePlace = Exclude<BuildpackPlace, { readonly kind: "directory" }>;

export interface FetchedBuildpack {
  /** Tar file. */
  readonly file: string;
  /** Directory inside it that holds the buildpack; "" for its root. */
  readonly root: string;
}

export interface FetchOptions {
  /** Where buildpacks are kept between builds. */
  readonly directory: string;
  readonly host: Pick<HostConfig, "ca" | "proxies">;
  /** Of archives, by the rules of builds; absent: any address may be asked. */
  readonly guard?: Guard | undefined;
  /** Of the build. */
  readonly namespace: string;
  /** For the repository of that address. */
  readonly git: (url: string, signal: AbortSignal) => Promise<RemoteGit>;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Throws a BuildFailure when there is none to be had. */
export async function fetchBuildpack(
  place: RemotePlace,
  name: string,
  options: FetchOptions,
): Promise<FetchedBuildpack> {
  const { directory, tell, signal } = options;
  const shown = shownGitUrl(name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(fetchTimeoutMs)]);
  const git = await options.git(place.url, limit);
  const file = join(directory, `${keyOf(place, git, options.namespace)}.tar`);
  const fresh = `${file}.${randomUUID()}`;
  try {
    tell(`-----> Fetching buildpack ${shown}`);
    if (place.kind === "archive") await fetchArchive(place.url, fresh, { ...options, git, signal: limit });
    else tell(`       commit ${(await fetchCommit(place, fresh, git)).slice(0, 7)}`);
    await rootOf(fresh, shown);
    await rename(fresh, file);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BuildFailure) throw error;
    const why = limit.aborted ? `it took more than ${fetchTimeoutMs / 60_000} minutes` : messageOf(error);
    const since = await stat(file).catch(() => undefined);
    if (since === undefined) throw cannotFetch(shown, why, error);
    tell(` !     cannot fetch it (${why}): the one fetched ${since.mtime.toISOString()} is used`);
  } finally {
    await rm(fresh, { force: true });
  }
  await keepNewest(directory);
  return { file, root: await rootOf(file, shown) };
}

/** What was fetched with different rights is not the same. */
function keyOf(place: RemotePlace, git: RemoteGit, namespace: string): string {
  const secret = git.credentialName(place.url);
  const whose = secret === undefined ? "" : ` ${namespace}/${secret}`;
  return createHash("sha256")
    .update(`${JSON.stringify(place)}${whose}`)
    .digest("hex");
}

interface ArchiveOptions extends Pick<FetchOptions, "host" | "guard" | "signal"> {
  readonly git: RemoteGit;
}

async function fetchArchive(url: string, file: string, options: ArchiveOptions): Promise<void> {
  const { git, host, guard, signal } = options;
  const login = git.httpCredential(url);
  const ca = [host.ca, login?.ca ?? ""].filter((each) => each !== "").join("\n");
  await download(url, file, { host: { ...host, ca }, login, guard, maxBytes, signal });
}

function cannotFetch(shown: string, why: string, cause: unknown): BuildFailure {
  const isRefused = /answers 40[134]/.test(why);
  const advice = isRefused
    ? "Where it is private, a Secret with its password must say that it is for this address: see the guide, buildpacks"
    : "Check its address, and that this machine reaches it (proxies and certificates: build.env)";
  const message = `cannot fetch buildpack ${shown}: ${why}. ${advice}`;
  return new BuildFailure("FetchSourceFailed", message, { cause });
}

/** Archives of repositories hold everything in one directory. */
async function rootOf(file: string, shown: string): Promise<string> {
  const { paths } = await readSourceTree(createReadStream(file), { reads: () => false }).catch(
    (error: unknown) => {
      const message = `buildpack ${shown} is no tar file, compressed with gzip or not: ${messageOf(error)}`;
      throw new BuildFailure("FetchSourceFailed", message, { cause: error });
    },
  );
  if (paths.has("bin/compile")) return "";
  const inside = [...paths].find((path) => /^[^/]+\/bin\/compile$/.test(path));
  if (inside !== undefined) return inside.slice(0, -"/bin/compile".length);
  const cloudNative = [...paths].some((path) => /^([^/]+\/)?buildpack\.toml$/.test(path));
  const advice = cloudNative ? ": it is a Cloud Native Buildpack, which Nagi does not build with" : "";
  throw new BuildFailure("CannotDetect", `buildpack ${shown} has no bin/compile${advice}`);
}

/** Its hash. */
async function fetchCommit(
  { url, ref = "HEAD" }: Extract<RemotePlace, { readonly kind: "git" }>,
  file: string,
  git: RemoteGit,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-buildpack-"));
  try {
    await git.git(directory, "init", "--quiet", "--bare", "--template=", ".");
    const commit = await git.fetch(directory, url, ref);
    await git.git(directory, "archive", "--format=tar", "-o", file, commit);
    const { size } = await stat(file);
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 ** 2} MiB`);
    return commit;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function keepNewest(directory: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const path = join(directory, name);
      return { path, atMs: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  const old = files.toSorted((a, b) => b.atMs - a.atMs).slice(keptMax);
  for (const { path } of old) await rm(path, { force: true });
}
