import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLogFile } from "./log-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nagi-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("appends lines, also to what is there", () => {
  const file = join(folder, "deep", "nagi.log");
  openLogFile(file)("one\n");
  openLogFile(file)("two\n");
  expect(readFileSync(file, "utf8")).toBe("one\ntwo\n");
});

it("turns over when it is full, and keeps one older file", () => {
  const file = join(folder, "nagi.log");
  const write = openLogFile(file);
  const line = `${"x".repeat(1024 ** 2)}\n`;
  for (let count = 0; count < 40; count++) write(line);
  write("last\n");
  expect(readFileSync(file, "utf8")).toMatch(/last\n$/);
  expect(readFileSync(file).length + readFileSync(`${file}.1`).length).toBeLessThan(35 * 1024 ** 2);
});

it("goes on when the disk takes nothing", () => {
  const file = join(folder, "nagi.log");
  symlinkSync("/dev/full", file);
  const write = openLogFile(file);
  expect(() => write("lost\n")).not.toThrow();
});
