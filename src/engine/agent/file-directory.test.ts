import { mkdtemp, readFile, readdir, readlink, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileDirectory } from "./file-directory.ts";
import type { VolumeFile } from "./volume-files.ts";

let root: string;
let dir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nagi-files-"));
  dir = join(root, "volume");
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

const file = (path: string, text: string, mode = 0o644): VolumeFile => ({
  path,
  mode,
  content: Buffer.from(text),
});
const write = (...files: VolumeFile[]) => writeFileDirectory(dir, files, undefined);
const read = (path: string) => readFile(join(dir, path), "utf8");

test("files stand where they belong, with their modes", async () => {
  expect(await write(file("a", "1"), file("deep/er/b", "2", 0o400))).toBe(true);
  expect([await read("a"), await read("deep/er/b")]).toEqual(["1", "2"]);
  expect((await stat(join(dir, "deep/er/b"))).mode & 0o777).toBe(0o400);
});

test("nothing is written while nothing changed", async () => {
  await write(file("a", "1"));
  const before = await readlink(join(dir, "..data"));
  expect(await write(file("a", "1"))).toBe(false);
  expect(await readlink(join(dir, "..data"))).toBe(before);
});

test("a change replaces all files at once and leaves nothing behind", async () => {
  await write(file("a", "1"), file("b", "1"), file("gone", "1"));
  const before = await readlink(join(dir, "..data"));
  expect(await write(file("a", "2"), file("b", "2"), file("new/c", "2"))).toBe(true);
  expect(await readlink(join(dir, "..data"))).not.toBe(before);
  expect([await read("a"), await read("b"), await read("new/c")]).toEqual(["2", "2", "2"]);
  const data = await readlink(join(dir, "..data"));
  expect((await readdir(dir)).toSorted()).toEqual(["..data", data, "a", "b", "new"].toSorted());
});

test("a directory can become empty, and a write that was cut off is made good", async () => {
  await write(file("a", "1"));
  await write();
  expect((await readdir(dir)).filter((name) => !name.startsWith(".."))).toEqual([]);
  await rm(join(dir, await readlink(join(dir, "..data"))), { recursive: true });
  await symlink("..gone", join(dir, "..data_tmp"));
  await write(file("a", "3"));
  expect(await read("a")).toBe("3");
  expect(await readdir(dir)).not.toContain("..data_tmp");
});
