import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { inputOf, manifestFile, preparedDir, preparedProgram, root } from "./prepared.ts";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function checkout(): string {
  const folder = `${mkdtempSync(join(tmpdir(), "nagi-prepared-"))}/`;
  folders.push(folder);
  mkdirSync(preparedDir(folder), { recursive: true });
  mkdirSync(`${folder}src`);
  writeFileSync(`${folder}src/a.ts`, "export const a = 1;");
  const inputs = { "src/a.ts": inputOf(`${folder}src/a.ts`) };
  writeFileSync(manifestFile(folder), JSON.stringify({ root: folder, program: "one/nagi.mjs", inputs }));
  return folder;
}

test("the prepared program is used while the sources are as they were", () => {
  const folder = checkout();
  expect(preparedProgram(folder)).toBe(pathToFileURL(join(preparedDir(folder), "one/nagi.mjs")).href);
});

test("a source that was written anew with the same text is the same", () => {
  const folder = checkout();
  utimesSync(`${folder}src/a.ts`, 1, 1);
  expect(preparedProgram(folder)).toContain("one/nagi.mjs");
});

test("it is not used when a source has another size, another text, or is gone", () => {
  const longer = checkout();
  writeFileSync(`${longer}src/a.ts`, "export const a = 10;");
  expect(preparedProgram(longer)).toBeUndefined();
  const touched = checkout();
  writeFileSync(`${touched}src/a.ts`, "export const a = 2;");
  utimesSync(`${touched}src/a.ts`, 1, 1);
  expect(preparedProgram(touched)).toBeUndefined();
  const gone = checkout();
  rmSync(`${gone}src/a.ts`);
  expect(preparedProgram(gone)).toBeUndefined();
});

test("a program that is known to be as the sources are is used without a look at them, another one is not", () => {
  const folder = checkout();
  rmSync(`${folder}src/a.ts`);
  expect(preparedProgram(folder, "one/nagi.mjs")).toContain("one/nagi.mjs");
  expect(preparedProgram(folder, "two/nagi.mjs")).toBeUndefined();
});

test("nor when it was made of another checkout, was cut short, or is missing", () => {
  const moved = checkout();
  const text = JSON.stringify({ root: "/elsewhere/", program: "one/nagi.mjs", inputs: {} });
  writeFileSync(manifestFile(moved), text);
  expect(preparedProgram(moved)).toBeUndefined();
  writeFileSync(manifestFile(moved), text.slice(0, 20));
  expect(preparedProgram(moved)).toBeUndefined();
  rmSync(dirname(manifestFile(moved)), { recursive: true });
  expect(preparedProgram(moved)).toBeUndefined();
});

/** What `nagi --help` prints when a file of the program is run by itself. */
function helpOf(url: string): string {
  const code = `process.argv = ["node", "nagi", "--help"]; await import(${JSON.stringify(url)});`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  return stdout || stderr;
}

test("what scripts/prepare.ts makes says the same as the sources", { timeout: 120_000 }, () => {
  const made = spawnSync(process.execPath, ["scripts/prepare.ts"], { cwd: root, encoding: "utf8" });
  expect(made.stderr).not.toContain("Error");
  const program = preparedProgram();
  expect(program).toContain("node_modules/.cache/nagi/program-");
  const fromSources = helpOf(pathToFileURL(`${root}src/main/nagi.ts`).href);
  expect(fromSources).toContain("git push");
  expect(helpOf(program ?? "")).toBe(fromSources);
});
