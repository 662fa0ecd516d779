/**
 * A directory as a git commit, in a repository of Nagi's own in the user's cache: so that only what has changed since
 * the last deploy is read and sent. The directory's own repository, if it has one, is left alone.
 *
 * What must stay true: files are sent as they are on disk, whatever .gitattributes says; what .gitignore names stays.
 */

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Host } from "../command.ts";
import { excludes } from "./ignore-files.ts";
import { runGit } from "./run-git.ts";

/** No line ends, keywords or large-file pointers are put in place of what a file says. */
const attributes = "* -text -eol -filter -ident -working-tree-encoding\n";
const settings: readonly (readonly [string, string])[] = [
  ["core.autocrlf", "false"],
  ["core.bare", "false"],
  ["core.fileMode", "true"],
  ["core.quotePath", "false"],
  ["core.compression", "1"],
  ["advice.addEmbeddedRepo", "false"],
  ["gc.auto", "2000"],
  ["gc.autoDetach", "false"],
  ["gc.pruneExpire", "1.day.ago"],
  ["safe.directory", "*"],
];
const maxNesting = 10;
const lockMaxMs = 10 * 60_000;
/** Where the platform keeps it too. */
export const directoryRef = "refs/nagi/directory";

export interface FolderOptions {
  readonly host: Host;
  /** Which deploys share what was sent: platform, app and directory. */
  readonly key: string;
  readonly folder: string;
  /** Ignored files too. */
  readonly all: boolean;
  readonly message: string;
  readonly signal: AbortSignal;
}

export interface FolderCommit {
  readonly commit: string;
  /** The repository that has it. */
  readonly gitDir: string;
  readonly files: number;
  /** Environment of git for that repository. */
  readonly env: NodeJS.ProcessEnv;
}

export async function commitFolder(options: FolderOptions): Promise<FolderCommit> {
  const { host, key, signal } = options;
  const cache = host.env["XDG_CACHE_HOME"] ?? join(host.home, ".cache");
  const digest = createHash("sha256").update(key).digest("hex").slice(0, 24);
  const gitDir = join(cache, "nagi", "deploy", `${digest}.git`);
  const env = environment(host, gitDir);
  const git = new FolderGit(options, gitDir, env);
  await git.prepare();
  const top = await git.topLevel();
  const tree = await git.treeOf(top, relative(top, options.folder), "index", 0);
  const listed = await runGit({
    args: ["ls-tree", "-r", "--name-only", "-z", tree],
    cwd: gitDir,
    env,
    signal,
  });
  // git leaves out of a push what the parents have.
  const last = await git.lastDeployed();
  const args = ["commit-tree", tree, ...(last === "" ? [] : ["-p", last]), "-m", options.message];
  const commit = (await runGit({ args, cwd: gitDir, env, signal })).trim();
  return { commit, gitDir, env, files: listed.split("\0").length - 1 };
}

/** What the platform has of the directory from now on. */
export async function keepCommit({ commit, gitDir, env }: FolderCommit, signal: AbortSignal): Promise<void> {
  await runGit({ args: ["update-ref", directoryRef, commit], cwd: gitDir, env, signal });
  await runGit({ args: ["gc", "--auto", "--quiet"], cwd: gitDir, env, signal });
}

/** Only Nagi's settings count, for what is sent must not depend on the user's. */
function environment(host: Host, gitDir: string): NodeJS.ProcessEnv {
  const kept = Object.entries(host.env).filter(([name]) => !name.startsWith("GIT_"));
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(kept),
    GIT_DIR: gitDir,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_CONFIG_COUNT: String(settings.length),
    LC_ALL: "C.UTF-8",
  };
  for (const role of ["AUTHOR", "COMMITTER"]) {
    env[`GIT_${role}_NAME`] = host.env[`GIT_${role}_NAME`] ?? host.env["USER"] ?? "nagi";
    env[`GIT_${role}_EMAIL`] = host.env[`GIT_${role}_EMAIL`] ?? "";
  }
  for (const [index, [name, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = name;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

class FolderGit {
  readonly #options: FolderOptions;
  readonly #gitDir: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(options: FolderOptions, gitDir: string, env: NodeJS.ProcessEnv) {
    this.#options = options;
    this.#gitDir = gitDir;
    this.#env = env;
  }

  async prepare(): Promise<void> {
    const { folder, signal } = this.#options;
    mkdirSync(this.#gitDir, { recursive: true, mode: 0o700 });
    if (!existsSync(join(this.#gitDir, "HEAD"))) {
      const args = ["init", "--quiet", "--bare", "--template=", this.#gitDir];
      await runGit({ args, cwd: this.#gitDir, env: this.#env, signal });
    }
    // Left by a deploy that was killed; a younger one may belong to one that runs.
    const lock = join(this.#gitDir, "index.lock");
    const lockedMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - lockedMs > lockMaxMs) rmSync(lock, { force: true });
    mkdirSync(join(this.#gitDir, "info"), { recursive: true });
    writeFileSync(join(this.#gitDir, "info", "attributes"), attributes);
    const read = (name: string): string | undefined => readText(join(folder, name));
    writeFileSync(join(this.#gitDir, "info", "exclude"), this.#options.all ? "" : excludes(read));
  }

  /** Empty when nothing was. */
  async lastDeployed(): Promise<string> {
    const args = ["rev-parse", "--quiet", "--verify", `${directoryRef}^{commit}`];
    const asked = runGit({ args, cwd: this.#gitDir, env: this.#env, signal: this.#options.signal });
    return (await asked.catch(() => "")).trim();
  }

  /** Of the repository that the directory lies in, whose .gitignore counts; else the directory itself. */
  async topLevel(): Promise<string> {
    const { folder, signal } = this.#options;
    const { GIT_DIR: _gitDir, ...env } = this.#env;
    const asked = runGit({ args: ["rev-parse", "--show-toplevel"], cwd: folder, env, signal });
    const top = (await asked.catch(() => "")).trim();
    return top === "" || relative(top, folder).startsWith("..") ? folder : top;
  }

  /** The tree of a directory below the top; repositories in it are taken as plain directories. */
  async treeOf(top: string, below: string, index: string, depth: number): Promise<string> {
    if (depth > maxNesting) throw new Error(`git repositories lie more than ${maxNesting} deep in ${top}`);
    const file = join(this.#gitDir, index);
    const run = (args: string[], indexFile = file, input?: string): Promise<string> => {
      const env = { ...this.#env, GIT_WORK_TREE: top, GIT_INDEX_FILE: indexFile };
      return runGit({ args, cwd: top, env, signal: this.#options.signal, input });
    };
    await run(["add", "--all", ...(this.#options.all ? ["--force"] : []), "--", below === "" ? "." : below]);
    const links = linksIn(await run(["ls-files", "--stage", "-z", "--", below === "" ? "." : below]));
    const prefix = below === "" ? [] : [`--prefix=${below}/`];
    if (links.length === 0) return (await run(["write-tree", ...prefix])).trim();
    const merged = `${file}.merged`;
    copyFileSync(file, merged);
    for (const link of links) {
      const inner = `index-${createHash("sha256").update(`${index}/${link}`).digest("hex").slice(0, 16)}`;
      const tree = await this.treeOf(join(top, link), "", inner, depth + 1);
      await run(["update-index", "--force-remove", "-z", "--stdin"], merged, `${link}\0`);
      await run(["read-tree", `--prefix=${link}/`, tree], merged);
    }
    return (await run(["write-tree", ...prefix], merged)).trim();
  }
}

/** Paths of repositories in the directory. */
function linksIn(listed: string): string[] {
  return listed.split("\0").flatMap((line) => /^160000 \w+ \d\t(.*)$/s.exec(line)?.[1] ?? []);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It is not there, or no file.
    return undefined;
  }
}
