import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findGroups, makeWeighedGroup, removeGroups } from "./control-group.ts";

test("a group has its weight, is made once, and goes", async () => {
  const name = `nagi-test-${process.pid}`;
  await makeWeighedGroup(name, 2);
  await makeWeighedGroup(name, 4);
  const directories = await findGroups(name);
  const texts = await Promise.all(
    directories.flatMap((directory) =>
      ["cpu.shares", "cpu.weight"]
        .map((file) => join(directory, file))
        .filter((file) => existsSync(file))
        .map((file) => readFile(file, "utf8")),
    ),
  );
  expect(texts.map((text) => text.trim())).toEqual([expect.stringMatching(/^(4096|400)$/)]);
  for (const directory of directories) await mkdir(join(directory, "inner"));
  await removeGroups(name);
  expect(await findGroups(name)).toEqual([]);
});

test("what lingers in a group is killed before the group is removed, and what is elsewhere is not", async () => {
  const name = `nagi-test-${process.pid}-lingering`;
  await makeWeighedGroup(name, 1);
  const [directory = ""] = await findGroups(name);
  const [lingering, elsewhere] = [spawn("sleep", ["600"]), spawn("sleep", ["600"])];
  const ended = once(lingering, "exit");
  await mkdir(join(directory, "inner"));
  await writeFile(join(directory, "inner", "cgroup.procs"), String(lingering.pid));
  await removeGroups(name);
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(await findGroups(name)).toEqual([]);
  expect(elsewhere.exitCode ?? elsewhere.signalCode).toBeNull();
  elsewhere.kill();
});
