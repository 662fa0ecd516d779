/**
 * Source that a build names as a git repository: fetched by git itself and kept in the source store as its commit's
 * files. What must stay true: only HTTP(S) is spoken, so that no build reads a repository of this machine's disk;
 * nobody is asked for a password; nothing is left behind.
 */

import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../lib/errors.ts";
import type { SourceStore } from "../../lib/source-store.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { BuildFailure } from "./failure.ts";

const run = promisify(execFile);
const outputMaxBytes = 1024 ** 2;
const settings = [
  "protocol.allow=never",
  "protocol.http.allow=always",
  "protocol.https.allow=always",
  "credential.helper=",
  "core.askPass=true",
].flatMap((setting) => ["-c", setting]);

export interface GitSourceOptions {
  readonly sources: SourceStore;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The build with its source in the store; itself when it names no repository. */
export async function withFetchedSource(build: Build, options: GitSourceOptions): Promise<Build> {
  const { source } = build.spec;
  if (source?.git === undefined || source.binary !== undefined) return build;
  const { uri, ref = "HEAD" } = source.git;
  refuseUnknown(build, uri, ref);
  const directory = await mkdtemp(join(tmpdir(), "nagi-git-"));
  try {
    const git = async (...args: string[]): Promise<string> => {
      const { stdout } = await run("git", [...settings, "-C", directory, ...args], {
        signal: options.signal,
        maxBuffer: outputMaxBytes,
      });
      return stdout.trim();
    };
    options.tell(`-----> Fetching ${ref === "HEAD" ? "" : `${ref} of `}${uri}`);
    await git("init", "--quiet");
    const commit = await fetchCommit(git, uri, ref);
    options.tell(`       commit ${commit.slice(0, 7)}: ${await git("show", "-s", "--format=%s", commit)}`);
    const archive = join(directory, "source.tar");
    await git("archive", "--format=tar", "-o", archive, commit);
    const { id } = await options.sources.put(createReadStream(archive), options.signal);
    return { ...build, spec: { ...build.spec, source: { ...source, binary: { asFile: id } } } };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof BuildFailure) throw error;
    const message = `cannot fetch ${ref} of ${uri}: ${reasonOf(error)}. Check spec.source.git.uri and spec.source.git.ref`;
    throw new BuildFailure("FetchSourceFailed", message, { cause: error });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function refuseUnknown({ spec }: Build, uri: string, ref: string): void {
  if (spec.source?.sourceSecret !== undefined) {
    const message =
      "spec.source.sourceSecret is given, but private repositories are not fetched yet: push the source instead";
    throw new BuildFailure("FetchSourceFailed", message);
  }
  if (!/^https?:\/\//.test(uri)) {
    const message = `spec.source.git.uri is ${JSON.stringify(uri)}: it must begin with http:// or https://`;
    throw new BuildFailure("FetchSourceFailed", message);
  }
  if (/^-|[\s:*?[\\^~]|\.\./.test(ref)) {
    const message = `spec.source.git.ref is ${JSON.stringify(ref)}: it must be the name of a branch or tag, or a commit`;
    throw new BuildFailure("FetchSourceFailed", message);
  }
}

type Git = (...args: string[]) => Promise<string>;

/** One commit where the server gives single ones; else all of them, as simple servers want it. */
async function fetchCommit(git: Git, uri: string, ref: string): Promise<string> {
  const shallow = await git("fetch", "--quiet", "--depth=1", "--", uri, ref).then(
    () => true,
    () => false,
  );
  if (shallow) return await git("rev-parse", "FETCH_HEAD^{commit}");
  if (ref === "HEAD") {
    await git("fetch", "--quiet", "--", uri, ref);
    return await git("rev-parse", "FETCH_HEAD^{commit}");
  }
  await git("fetch", "--quiet", "--", uri, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*");
  return await git("rev-parse", "--verify", `${ref}^{commit}`);
}

/** What git itself says, without the command line before it. */
function reasonOf(error: unknown): string {
  const { stderr } = error as { readonly stderr?: unknown };
  const said = typeof stderr === "string" ? stderr.trim().split("\n").at(-1) : undefined;
  return (said === undefined || said === "" ? messageOf(error) : said).replace(/^fatal: /, "");
}
