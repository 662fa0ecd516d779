/** Repositories as bundles: git itself takes what belongs together, whatever is pushed meanwhile. */

import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { engineEnvironment } from "../environment.ts";

const run = promisify(execFile);
/** Whose app a repository is. */
const uidFile = "nagi-app-uid";

export interface RepositoryPath {
  /** `NAMESPACE/APP`. */
  readonly name: string;
  readonly path: string;
}

/** Below the directory of the git server. */
export function repositoriesDir(gitDir: string): string {
  return join(gitDir, "repositories");
}

export async function repositoriesIn(directory: string): Promise<RepositoryPath[]> {
  const found: RepositoryPath[] = [];
  for (const namespace of await readdir(directory).catch(() => [])) {
    for (const entry of await readdir(join(directory, namespace)).catch(() => [])) {
      const app = /^(.+)\.git$/.exec(entry)?.[1];
      if (app !== undefined)
        found.push({ name: `${namespace}/${app}`, path: join(directory, namespace, entry) });
    }
  }
  return found;
}

export interface RepositoryFacts {
  readonly uid: string;
  /** What HEAD names. */
  readonly head: string;
}

export async function factsOf({ path }: RepositoryPath): Promise<RepositoryFacts> {
  const uid = await readFile(join(path, uidFile), "utf8");
  return { uid, head: (await git(path, ["symbolic-ref", "HEAD"])).trim() };
}

/** False when there is nothing in it yet. */
export async function writeBundle(
  { path }: RepositoryPath,
  file: string,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await git(path, ["for-each-ref", "--count=1"])).trim() === "") return false;
  await git(path, ["bundle", "create", "--quiet", file, "--all"], signal);
  return true;
}

/** `bundle` is absent for a repository without commits. */
export async function restoreRepository(
  target: string,
  { uid, head }: RepositoryFacts,
  bundle: string | undefined,
): Promise<void> {
  const fresh = `${target}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await git(fresh, ["init", "--quiet", "--bare", "--initial-branch=main", "--template=", "."]);
  await git(fresh, ["symbolic-ref", "HEAD", head]);
  if (bundle !== undefined) await git(fresh, ["fetch", "--quiet", "--no-tags", bundle, "+refs/*:refs/*"]);
  await writeFile(join(fresh, uidFile), uid, { flush: true });
  await rename(fresh, target);
}

async function git(path: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const env = {
    ...engineEnvironment(),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C.UTF-8",
  };
  const safe = ["-c", "safe.directory=*", "-c", "gc.auto=0"];
  const options = { cwd: path, env, maxBuffer: 4 * 1024 ** 2, ...(signal === undefined ? {} : { signal }) };
  const { stdout } = await run("git", [...safe, ...args], options);
  return stdout;
}
