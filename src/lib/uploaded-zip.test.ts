/** Zips by the real zip program, and one byte at a time where that would refuse. */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { extract } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SourceStore } from "./source-store.ts";
import { withUploadedTar } from "./uploaded-source.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nagi-zip-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function zipOf(names: readonly string[], ...options: string[]): Buffer {
  execFileSync("zip", ["-q", ...options, "a.zip", ...names], { cwd: directory });
  return readFileSync(join(directory, "a.zip"));
}

/** One file more, for instance by a name that the program would not write. */
function renamed(zip: Buffer, from: string, to: string): Buffer {
  return Buffer.from(zip.toString("latin1").replaceAll(from, to), "latin1");
}

async function listing(zip: Buffer): Promise<string[]> {
  return await withUploadedTar(Readable.from([zip]), async (tar) => {
    const lines: string[] = [];
    const entries = extract();
    tar.on("error", (error) => entries.destroy(error));
    tar.pipe(entries);
    for await (const entry of entries) {
      const { name, mode, type, linkname } = entry.header;
      const content = await text(entry);
      lines.push(`${type ?? ""} ${mode.toString(8)} ${name} ${linkname ?? content}`);
    }
    return lines;
  });
}

describe("a zip", () => {
  it("becomes a tar with modes and links", async () => {
    mkdirSync(join(directory, "bin"));
    writeFileSync(join(directory, "Dockerfile"), "FROM nagi/base");
    writeFileSync(join(directory, "bin/run"), "x".repeat(5), { mode: 0o755 });
    chmodSync(join(directory, "Dockerfile"), 0o640);
    symlinkSync("bin/run", join(directory, "start"));
    expect(await listing(zipOf(["."], "-r", "-y"))).toEqual(
      expect.arrayContaining([
        "directory 755 bin/ ",
        "file 755 bin/run xxxxx",
        "file 640 Dockerfile FROM nagi/base",
        "symlink 644 start bin/run",
      ]),
    );
  });

  it("is read whole where it is large, and leaves nothing behind", async () => {
    const left = (): string[] => readdirSync(tmpdir()).filter((name) => /^nagi-zip-(?!test)/.test(name));
    const before = left();
    writeFileSync(join(directory, "big"), Buffer.alloc(3 * 1024 ** 2, "a"));
    const zip = zipOf(["big"]);
    const size = await withUploadedTar(Readable.from([zip]), async (tar) => (await buffer(tar)).length);
    expect(size).toBeGreaterThan(3 * 1024 ** 2);
    const store = new SourceStore({ directory: join(directory, "store"), maxBytes: 1024 ** 2 });
    await expect(withUploadedTar(Readable.from([zip]), (tar) => store.put(tar))).rejects.toThrow(
      "the source is larger than 1 MiB",
    );
    expect(readdirSync(join(directory, "store"))).toEqual([]);
    expect(left().filter((name) => !before.includes(name))).toEqual([]);
  });

  it.each([
    ["../xx", /the zip cannot be read: invalid relative path: \.\.\/xx/],
    ["/abcd", /the zip cannot be read: absolute path: \/abcd/],
    ["a/../", /the zip cannot be read: invalid relative path/],
    [String.raw`..\xx`, /the zip cannot be read: invalid relative path/],
  ])("that names %s is refused", async (name, problem) => {
    writeFileSync(join(directory, "aaaaa"), "text");
    await expect(listing(renamed(zipOf(["aaaaa"]), "aaaaa", name))).rejects.toThrow(problem);
  });

  it("that lies about a size, is cut off, encrypted or empty is refused", async () => {
    writeFileSync(join(directory, "file"), Buffer.alloc(70_000, "a"));
    const zip = zipOf(["file"]);
    const told = Buffer.alloc(4);
    told.writeUInt32LE(70_000);
    const less = Buffer.alloc(4);
    less.writeUInt32LE(7);
    await expect(listing(renamed(zip, told.toString("latin1"), less.toString("latin1")))).rejects.toThrow(
      /the zip cannot be read: too many bytes/,
    );
    await expect(listing(zip.subarray(0, 90))).rejects.toThrow(
      /the zip cannot be read: End of central directory/i,
    );
    const secret = zipOf(["file"], "-P", "pass");
    await expect(listing(secret)).rejects.toThrow("file is encrypted: send a zip that needs no password");
    const empty = Buffer.alloc(22);
    empty.write("PK\u0005\u0006", "latin1");
    await expect(listing(empty)).rejects.toThrow("the zip holds no files");
  });
});
