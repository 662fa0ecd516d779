/** The real git: what a source with submodules leaves in the store. */

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SourceStore, SourceTooLargeError } from "../source-store.ts";
import { archiveCommit, type ArchiveOptions } from "./archive-commit.ts";

const env = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8" };
let dir: string;
let sources: SourceStore;

function git(repository: string, ...args: string[]): string {
  const who = ["-c", "user.name=A", "-c", "user.email=a@test", "-c", "protocol.file.allow=always"];
  return execFileSync("git", ["-C", join(dir, repository), ...who, ...args], { encoding: "utf8" }).trim();
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nagi-archive-commit-"));
  sources = new SourceStore({ directory: join(dir, "sources") });
  for (const name of ["inner", "outer"]) {
    mkdirSync(join(dir, name));
    git(name, "init", "-q", "-b", "main");
    writeFileSync(join(dir, name, "file"), name);
    git(name, "add", ".");
    git(name, "commit", "-q", "-m", name);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

const archive = (commit: string, options: Partial<ArchiveOptions> = {}) =>
  archiveCommit(
    { path: join(dir, "outer"), commit, directory: "", env },
    {
      sources,
      findSubmodule: () => Promise.resolve({ path: join(dir, "inner") }),
      submoduleEnv: env,
      ...options,
    },
  );

it("leaves alone what another build has of the same commit", async () => {
  git("outer", "submodule", "--quiet", "add", join(dir, "inner"), "lib");
  // More than a pipe holds, so that storing it is under way when the submodule is found.
  writeFileSync(join(dir, "outer/big"), "x".repeat(5_000_000));
  git("outer", "add", ".");
  git("outer", "commit", "-q", "-m", "With a submodule");
  const commit = git("outer", "rev-parse", "HEAD");
  // As the other one stored it, before the repository had submodules to be found.
  const tar = execFileSync("git", ["-C", join(dir, "outer"), "archive", "--format=tar", commit], {
    maxBuffer: 1e8,
  });
  const other = await sources.put(Readable.from([tar]));
  const made = await archive(commit);
  expect(made.submodules).toEqual(["lib"]);
  expect(made.id).not.toBe(other.id);
  expect(readdirSync(join(dir, "sources")).toSorted()).toEqual([made.id, other.id].toSorted());
});

it("leaves no git behind when the source is too large in the middle of a submodule's file", async () => {
  writeFileSync(join(dir, "inner/big"), "x".repeat(5_000_000));
  git("inner", "add", ".");
  git("inner", "commit", "-q", "-m", "Grow");
  git("outer/lib", "pull", "-q");
  git("outer", "rm", "-q", "--ignore-unmatch", "big");
  git("outer", "add", "lib");
  git("outer", "commit", "-q", "-m", "Take the large one");
  // Says which process it is, and becomes git.
  mkdirSync(join(dir, "bin"));
  const script = `#!/bin/sh\n[ $1 = archive ] && echo $$ >${join(dir, "pid")}\nPATH=${env.PATH} exec git "$@"\n`;
  writeFileSync(join(dir, "bin/git"), script, { mode: 0o755 });
  const small = new SourceStore({ directory: join(dir, "small"), maxBytes: 1024 ** 2 });
  const submoduleEnv = { ...env, PATH: `${join(dir, "bin")}:${env.PATH}` };
  const made = archive(git("outer", "rev-parse", "HEAD"), { sources: small, submoduleEnv });
  await expect(made).rejects.toThrow(SourceTooLargeError);
  const pid = Number(readFileSync(join(dir, "pid"), "utf8"));
  await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
});
