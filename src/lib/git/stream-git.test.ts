import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listSubmodules } from "./list-submodules.ts";
import { streamGit } from "./stream-git.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-stream-git-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** PATH with a git of one's own, whose output stays open for a moment after it has failed. */
async function envOf(script: string): Promise<Record<string, string>> {
  await writeFile(join(dir, "git"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${dir}:/usr/local/bin:/usr/bin:/bin` };
}

it("breaks its output when git fails, though that is still open", async () => {
  const env = await envOf("sleep 2 & echo it is broken >&2; exit 3");
  const { output, ended } = streamGit(dir, ["archive", "HEAD"], env);
  await expect(text(output)).rejects.toThrow("cannot run git archive: it is broken");
  await expect(ended).rejects.toThrow("it is broken");
});

it("breaks its output when git cannot be started", async () => {
  const { output, ended } = streamGit(dir, ["archive", "HEAD"], { PATH: dir });
  await expect(text(output)).rejects.toThrow("ENOENT");
  await expect(ended).rejects.toThrow("ENOENT");
});

it("leaves a submodule without an address when .gitmodules cannot be read", async () => {
  const tree = String.raw`printf '160000 commit abc\tlib\0'`;
  const env = await envOf(`case $1 in ls-tree) ${tree};; *) sleep 2 & exit 1;; esac`);
  expect(await listSubmodules(dir, "HEAD", "", env)).toEqual([
    { path: "lib", commit: "abc", url: undefined },
  ]);
});
