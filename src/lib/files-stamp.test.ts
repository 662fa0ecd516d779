import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { filesStamp } from "./files-stamp.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nagi-stamp-"));
  mkdirSync(join(folder, "below"));
  writeFileSync(join(folder, "below/a"), "one");
  utimesSync(join(folder, "below/a"), 1, 1);
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each<[string, () => void]>([
  ["another size", () => writeFileSync(join(folder, "below/a"), "three")],
  ["another time", () => utimesSync(join(folder, "below/a"), 2, 2)],
  ["another mode", () => chmodSync(join(folder, "below/a"), 0o755)],
  ["a further file", () => writeFileSync(join(folder, "b"), "")],
  ["a file less", () => rmSync(join(folder, "below/a"))],
])("%s is seen", async (_what, change) => {
  const before = await filesStamp([folder, join(folder, "missing")]);
  expect(await filesStamp([folder, join(folder, "missing")])).toBe(before);
  change();
  expect(await filesStamp([folder, join(folder, "missing")])).not.toBe(before);
});
