/** The real git on real directories. */

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Host } from "../command.ts";
import { commitFolder, keepCommit, type FolderCommit } from "./folder-commit.ts";

let dir: string;
let folder: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nagi-folder-"));
  folder = join(dir, "app");
});
afterEach(() => rmSync(dir, { recursive: true }));

const { signal } = new AbortController();
const path = "/usr/local/bin:/usr/bin:/bin";

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function git(cwd: string, ...args: string[]): string {
  const who = {
    GIT_AUTHOR_NAME: "A",
    GIT_AUTHOR_EMAIL: "a@test",
    GIT_COMMITTER_NAME: "A",
    GIT_COMMITTER_EMAIL: "a",
  };
  return execFileSync("git", args, {
    cwd,
    encoding: "utf8",
    env: { PATH: path, HOME: dir, ...who },
  });
}

function commit(where = folder, all = false): Promise<FolderCommit> {
  const env = { PATH: path, XDG_CACHE_HOME: join(dir, "cache") };
  const host: Host = {
    cwd: dir,
    env,
    home: dir,
    version: "0",
    program: "nagi",
    dataDir: () => dir,
    schedulerPlugins: () => Promise.resolve([]),
    capture: () => Promise.resolve(undefined),
  };
  return commitFolder({ host, key: "k", folder: where, all, message: "Deploy", signal });
}

function filesOf({ commit: id, gitDir }: FolderCommit): string[] {
  return git(gitDir, "ls-tree", "-r", "--format=%(objectmode) %(path)", id).trim().split("\n");
}

it("takes files as they are, without those that are ignored", async () => {
  write({ "a.txt": "a\r\n", ".gitattributes": "*.txt text eol=lf\n", "b.log": "b", ".gitignore": "*.log\n" });
  write({ "run.sh": "#!/bin/sh\n", "deep/.DS_Store": "x" });
  chmodSync(join(folder, "run.sh"), 0o755);
  symlinkSync("a.txt", join(folder, "link"));
  const made = await commit();
  expect(filesOf(made)).toEqual([
    "100644 .gitattributes",
    "100644 .gitignore",
    "100644 a.txt",
    "120000 link",
    "100755 run.sh",
  ]);
  expect(git(made.gitDir, "show", `${made.commit}:a.txt`)).toBe("a\r\n");
  expect(made.files).toBe(5);
  expect(filesOf(await commit(folder, true))).toContain("100644 b.log");
});

it("takes a directory of a repository with the repository's .gitignore, and repositories in it as directories", async () => {
  write({ "apps/web/a.txt": "a", "apps/web/out/x": "x", ".gitignore": "out\n", "other.txt": "o" });
  git(folder, "init", "-q");
  const inner = join(folder, "apps/web/inner");
  write({ "apps/web/inner/i.txt": "i" });
  git(inner, "init", "-q");
  git(inner, "add", ".");
  git(inner, "commit", "-q", "-m", "Inner");
  const web = join(folder, "apps/web");
  expect(filesOf(await commit(web))).toEqual(["100644 a.txt", "100644 inner/i.txt"]);
  write({ "apps/web/inner/j.txt": "not committed" });
  rmSync(join(web, "a.txt"));
  expect(filesOf(await commit(web))).toEqual(["100644 inner/i.txt", "100644 inner/j.txt"]);
});

it("stands on what was deployed last, not on what failed", async () => {
  write({ "a.txt": "one" });
  const first = await commit();
  await keepCommit(first, signal);
  write({ "a.txt": "two" });
  await commit();
  const third = await commit();
  expect(git(third.gitDir, "rev-parse", `${third.commit}^`).trim()).toBe(first.commit);
});
