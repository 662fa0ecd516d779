import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mirrorTree } from "./mirror-tree.ts";

it("copies a tree, then only what has changed, and removes what has gone", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "nagi-mirror-"));
  const [from, to] = [join(folder.path, "from"), join(folder.path, "to")];
  mkdirSync(join(from, "deep/empty"), { recursive: true });
  writeFileSync(join(from, "a"), "a");
  writeFileSync(join(from, "deep/run"), "#!/bin/sh\n");
  chmodSync(join(from, "deep/run"), 0o755);
  utimesSync(join(from, "a"), 1000.5, 2000.123);
  symlinkSync("deep/run", join(from, "link"));
  symlinkSync("/no/where", join(from, "broken"));
  expect(await mirrorTree(from, to)).toBe(4);
  expect(readFileSync(join(to, "a"), "utf8")).toBe("a");
  expect(statSync(join(to, "a")).mtimeMs).toBeCloseTo(2_000_123, 1);
  expect(statSync(join(to, "deep/run")).mode & 0o777).toBe(0o755);
  expect(statSync(join(to, "deep/empty")).isDirectory()).toBe(true);
  expect([readlinkSync(join(to, "link")), readlinkSync(join(to, "broken"))]).toEqual([
    "deep/run",
    "/no/where",
  ]);
  expect(await mirrorTree(from, to)).toBe(0);

  appendFileSync(join(from, "deep/run"), "exit 1\n");
  rmSync(join(from, "a"));
  mkdirSync(join(from, "a"));
  rmSync(join(from, "deep/empty"), { recursive: true });
  writeFileSync(join(from, "deep/empty"), "a file now");
  rmSync(join(from, "broken"));
  expect(await mirrorTree(from, to)).toBe(2);
  expect(readFileSync(join(to, "deep/run"), "utf8")).toBe("#!/bin/sh\nexit 1\n");
  expect(lstatSync(join(to, "a")).isDirectory()).toBe(true);
  expect(readFileSync(join(to, "deep/empty"), "utf8")).toBe("a file now");
  expect(existsSync(join(to, "broken"))).toBe(false);
});

it("keeps names and links that are no UTF-8, and removes them when they go", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "nagi-mirror-"));
  const [from, to] = [join(folder.path, "from"), join(folder.path, "to")];
  const latin = (...parts: readonly string[]): Buffer => Buffer.from(parts.join("/"), "latin1");
  mkdirSync(latin(from, "Stra\u00DFe"), { recursive: true });
  writeFileSync(latin(from, "Stra\u00DFe", "caf\u00E9"), "coffee");
  writeFileSync(latin(from, "caf\u00E8"), "other");
  symlinkSync(latin("Stra\u00DFe", "caf\u00E9"), join(from, "link"));
  expect(await mirrorTree(from, to)).toBe(3);
  expect(readFileSync(latin(to, "Stra\u00DFe", "caf\u00E9"), "utf8")).toBe("coffee");
  expect(readFileSync(latin(to, "caf\u00E8"), "utf8")).toBe("other");
  expect(readFileSync(join(to, "link"), "utf8")).toBe("coffee");
  expect(await mirrorTree(from, to)).toBe(0);
  rmSync(latin(from, "Stra\u00DFe"), { recursive: true });
  rmSync(latin(from, "caf\u00E8"));
  await mirrorTree(from, to);
  expect(readdirSync(to)).toEqual(["link"]);
});

it("says when there is nothing to copy", async () => {
  await expect(mirrorTree("/no/such/directory", "/tmp/nagi-never")).rejects.toThrow("ENOENT");
});
