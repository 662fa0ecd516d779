/** Archives: what goes in comes out, what was changed on the way is found, what leads out is refused. */

import {
  chmodSync,
  chownSync,
  createReadStream,
  createWriteStream,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArchiveWriter } from "./archive-writer.ts";
import { readArchive } from "./archive-reader.ts";
import { copyTree } from "./copy-tree.ts";
import { Extraction } from "./extract-archive.ts";
import { originEntry, type Compression } from "./manifest.ts";

let folder: string;
let tree: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nagi-archive-"));
  tree = join(folder, "tree");
  mkdirSync(join(tree, "sub"), { recursive: true });
  mkdirSync(join(folder, "out"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const archive = (): string => join(folder, "a.tar");

async function write(
  compression: Compression,
  work: (writer: ArchiveWriter) => Promise<unknown>,
): Promise<void> {
  const writer = new ArchiveWriter(createWriteStream(archive()), compression);
  await writer.bytes(originEntry, Buffer.from('{"format":1,"version":"0"}'), new Date());
  await work(writer);
  await writer.finish();
}

async function read(input: Readable = createReadStream(archive())): Promise<string> {
  const out = join(folder, "out");
  const extraction = new Extraction(out);
  const { manifest } = await readArchive(input, "a.tar", (header, content) =>
    extraction.take(header, content),
  );
  for (const path of manifest.removed) await extraction.remove(path);
  await extraction.finish();
  return out;
}

const copied = (writer: ArchiveWriter) => copyTree(writer, { root: tree, path: "data" });

describe.each(["zstd", "gzip", "none"] as const)("packed with %s", (compression) => {
  test("files, links, directories, rights and times come back", async () => {
    const large = Buffer.alloc(3_500_000, "line of text\n");
    writeFileSync(join(tree, "sub/large"), large);
    writeFileSync(join(tree, `long-${"x".repeat(200)}`), "");
    writeFileSync(join(tree, "sub/ünï"), "u");
    chmodSync(join(tree, "sub/ünï"), 0o4750);
    utimesSync(join(tree, "sub/ünï"), 1000, 1000);
    symlinkSync("/nowhere", join(tree, "sub/link"));
    linkSync(join(tree, "sub/large"), join(tree, "sub/same"));
    chmodSync(join(tree, "sub"), 0o1777);
    await write(compression, copied);
    const out = join(await read(), "data");
    expect(readFileSync(join(out, "sub/large")).equals(large)).toBe(true);
    expect(statSync(join(out, "sub/same")).ino).toBe(statSync(join(out, "sub/large")).ino);
    expect(readFileSync(join(out, `long-${"x".repeat(200)}`), "utf8")).toBe("");
    expect(statSync(join(out, "sub/ünï"))).toMatchObject({ mode: 0o104_750, mtimeMs: 1_000_000 });
    expect(readlinkSync(join(out, "sub/link"))).toBe("/nowhere");
    expect(statSync(join(out, "sub")).mode & 0o7777).toBe(0o1777);
  });

  test("an archive that is cut anywhere is refused by name", async () => {
    for (let index = 0; index < 20; index++)
      writeFileSync(join(tree, `file-${index}`), Array.from({ length: 999 }, () => Math.random()).join());
    await write(compression, copied);
    const whole = readFileSync(archive());
    for (const share of [0.01, 0.3, 0.9, 0.99]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      await expect(read(Readable.from(cut))).rejects.toThrow(/^a\.tar is (damaged|cut off|no backup)/);
    }
    await expect(read(Readable.from(Buffer.alloc(0)))).rejects.toThrow(
      "a.tar is no backup of Nagi: it is empty",
    );
  });
});

test("a byte that was changed is found", async () => {
  writeFileSync(join(tree, "text"), "the quick brown fox");
  await write("none", copied);
  const bytes = readFileSync(archive());
  bytes[bytes.indexOf("brown")] = 66;
  await expect(read(Readable.from(bytes))).rejects.toThrow(
    "a.tar is damaged: data/text is not what was backed up",
  );
});

test("a second look takes what changed since, and what went away", async () => {
  for (const name of ["same", "changed", "removed", "turned"]) writeFileSync(join(tree, name), name);
  mkdirSync(join(tree, "sub/gone"));
  writeFileSync(join(tree, "sub/gone/deep"), "deep");
  let written = 0;
  await write("none", async (writer) => {
    const stamps = await copied(writer);
    writeFileSync(join(tree, "changed"), "CHANGED");
    writeFileSync(join(tree, "added"), "added");
    rmSync(join(tree, "removed"));
    rmSync(join(tree, "sub/gone"), { recursive: true });
    rmSync(join(tree, "turned"));
    mkdirSync(join(tree, "turned"));
    renameSync(join(tree, "sub"), join(tree, "moved"));
    const file = writer.file.bind(writer);
    writer.file = async (...args) => {
      written++;
      return await file(...args);
    };
    await copyTree(writer, { root: tree, path: "data" }, stamps);
  });
  expect(written).toBe(2);
  const out = join(await read(), "data");
  expect(["same", "changed", "added"].map((name) => readFileSync(join(out, name), "utf8"))).toEqual([
    "same",
    "CHANGED",
    "added",
  ]);
  expect(lstatSync(join(out, "turned")).isDirectory()).toBe(true);
  for (const name of ["removed", "sub"]) expect(() => lstatSync(join(out, name))).toThrow("ENOENT");
  expect(lstatSync(join(out, "moved")).isDirectory()).toBe(true);
});

test("a file that becomes shorter while it is read is read again", async () => {
  const path = join(tree, "log");
  writeFileSync(path, Buffer.alloc(20_000_000, "x"));
  const results: boolean[] = [];
  await write("none", async (writer) => {
    const first = writer.file("data/log", path);
    truncateSync(path, 5);
    results.push(await first, await writer.file("data/log", path));
  });
  expect(results.at(-1)).toBe(true);
  expect(readFileSync(join(await read(), "data/log"), "utf8")).toBe("xxxxx");
});

test.each(["../evil", "/evil", "data/../../evil", "data//evil"])("refuses an entry %s", async (name) => {
  await write("none", (writer) => writer.bytes(name, Buffer.from("x"), new Date()));
  await expect(read()).rejects.toThrow("leads out of it");
});

test("owners, times and rights that are unusual come back", async () => {
  const path = join(tree, "large");
  writeFileSync(path, "x");
  linkSync(path, join(tree, "linked"));
  chownSync(path, 1_000_650_000, 1_000_650_001);
  chmodSync(path, 0o4755);
  utimesSync(path, 4_000_000_000, 4_000_000_000);
  symlinkSync("large", join(tree, "link"));
  lchownSync(join(tree, "link"), 262_143, 262_144);
  writeFileSync(join(tree, "old"), "x");
  utimesSync(join(tree, "old"), new Date(-1_000_000), new Date(-1_000_000));
  writeFileSync(join(tree, "closed"), "x");
  chmodSync(join(tree, "closed"), 0);
  mkdirSync(join(tree, "locked"), { mode: 0 });
  chownSync(join(tree, "locked"), 1_000_650_000, 0);
  await write("none", copied);
  const out = join(await read(), "data");
  const large = { uid: 1_000_650_000, gid: 1_000_650_001, mode: 0o104_755, mtimeMs: 4_000_000_000_000 };
  expect(statSync(join(out, "large"))).toMatchObject(large);
  expect(statSync(join(out, "linked"))).toMatchObject(large);
  expect(lstatSync(join(out, "link"))).toMatchObject({ uid: 262_143, gid: 262_144 });
  expect(statSync(join(out, "old")).mtimeMs).toBe(-1_000_000);
  expect(statSync(join(out, "closed")).mode & 0o7777).toBe(0);
  expect(statSync(join(out, "locked"))).toMatchObject({ mode: 0o040_000, uid: 1_000_650_000, gid: 0 });
});

test("what cannot be written down is named", async () => {
  symlinkSync(Buffer.from("caf\u00E9", "latin1"), join(tree, "link"));
  writeFileSync(Buffer.from(join(tree, "caf\u00E9"), "latin1"), "x");
  let skipped: readonly string[] = [];
  await write("none", async (writer) => {
    await copied(writer);
    ({ skipped } = writer);
  });
  expect(skipped).toEqual([
    "data/caf\uFFFD: its name is not UTF-8",
    "data/link: what it leads to is not UTF-8",
  ]);
});

test("refuses to write through a link", async () => {
  const meta = { mode: 0o777, uid: 0, gid: 0, mtime: new Date() };
  await write("none", async (writer) => {
    await writer.entry("data", { ...meta, type: "symlink", linkname: folder });
    await writer.bytes("data/evil", Buffer.from("x"), new Date());
  });
  await expect(read()).rejects.toThrow("which is no directory");
  expect(() => lstatSync(join(folder, "evil"))).toThrow("ENOENT");
});

test("refuses to write through a link in the place of a directory", async () => {
  const meta = { mode: 0o777, uid: 0, gid: 0, mtime: new Date() };
  mkdirSync(join(folder, "sub"));
  await write("none", async (writer) => {
    await writer.entry("data", { ...meta, type: "directory" });
    await writer.entry("data/sub", { ...meta, type: "directory" });
    await writer.entry("data", { ...meta, type: "symlink", linkname: folder });
    await writer.bytes("data/sub/evil", Buffer.from("x"), new Date());
  });
  await expect(read()).rejects.toThrow("which is no directory");
  expect(() => lstatSync(join(folder, "sub/evil"))).toThrow("ENOENT");
});

test.each(["data/link/secret", "data/direct"])("refuses a hard link through a link: %s", async (linkname) => {
  const meta = { mode: 0o777, uid: 0, gid: 0, mtime: new Date() };
  const secret = join(folder, "secret");
  writeFileSync(secret, "x");
  chownSync(secret, 7, 7);
  await write("none", async (writer) => {
    await writer.entry("data/link", { ...meta, type: "symlink", linkname: folder });
    await writer.entry("data/direct", { ...meta, type: "symlink", linkname: secret });
    await writer.entry("data/evil", { ...meta, type: "link", linkname });
  });
  await expect(read()).rejects.toThrow("that is no file of it");
  expect(statSync(secret)).toMatchObject({ uid: 7, gid: 7, nlink: 1 });
});

test("removes nothing through a link that came in the place of a directory", async () => {
  mkdirSync(join(tree, "current"));
  mkdirSync(join(folder, "elsewhere"));
  for (const path of [join(tree, "current/file"), join(folder, "elsewhere/file")]) writeFileSync(path, "x");
  await write("none", async (writer) => {
    const stamps = await copied(writer);
    rmSync(join(tree, "current"), { recursive: true });
    symlinkSync(join(folder, "elsewhere"), join(tree, "current"));
    await copyTree(writer, { root: tree, path: "data" }, stamps);
  });
  const out = await read();
  expect(readlinkSync(join(out, "data/current"))).toBe(join(folder, "elsewhere"));
  expect(readFileSync(join(folder, "elsewhere/file"), "utf8")).toBe("x");
});

test("tells a target that fails", async () => {
  writeFileSync(join(tree, "large"), Buffer.alloc(5_000_000, "x"));
  const target = createWriteStream(join(folder, "no/such/folder"));
  const writer = new ArchiveWriter(target, "none");
  await expect(copied(writer).then(() => writer.finish())).rejects.toThrow("ENOENT");
});
