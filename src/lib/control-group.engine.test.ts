import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
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
