import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchPrefix, removeFetchLeftovers } from "./fetch-leftovers.ts";

test("only what a process left that is no more is removed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nagi-leftovers-"));
  const { pid: gone } = spawnSync(process.execPath, ["-e", ""]);
  const dead = `${fetchPrefix(gone)}abc`;
  const mine = `${fetchPrefix(process.pid)}abc`;
  const foreign = "nagi-git-source-abc";
  for (const name of [dead, mine, foreign]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "file"), "text");
  }
  expect(await removeFetchLeftovers(folder)).toEqual([join(folder, dead)]);
  expect(readdirSync(folder).toSorted()).toEqual([mine, foreign].toSorted());
  rmSync(folder, { recursive: true });
});
