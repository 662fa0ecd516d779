import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogFile } from "./log-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nagi-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const row = (revision: number): (string | number)[] => [
  revision,
  "things",
  "",
  `n${revision}`,
  revision,
  0,
  "{}",
];

test("a batch that fails leaves nothing behind, and the next one works", () => {
  const file = new LogFile({ path: join(folder, "log.db"), maxPages: 0 });
  const revisions = () => [...file.rows()].map(({ revision }) => revision);
  file.commit({ rows: [...row(1), ...row(2)], removals: [], compacted: undefined });
  const batch = { rows: [...row(3), ...row(2)], removals: [1], compacted: 2 };
  expect(() => file.commit(batch)).toThrow("UNIQUE");
  expect([revisions(), file.compacted()]).toEqual([[1, 2], 0]);
  file.commit({ rows: row(3), removals: [1], compacted: 2 });
  expect([revisions(), file.compacted()]).toEqual([[2, 3], 2]);
  file.close();
});
