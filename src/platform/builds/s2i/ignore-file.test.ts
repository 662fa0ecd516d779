import { describe, expect, it } from "vitest";
import { readIgnoreFile } from "./ignore-file.ts";

function isIgnored(text: string, path: string): boolean {
  const read = readIgnoreFile(text);
  if (!read.ok) throw new Error(read.message);
  return read.isIgnored(path);
}

describe(".s2iignore", () => {
  it.each([
    ["*.md", "README.md", true],
    ["*.md", "docs/README.md", false],
    ["docs", "docs/deep/a.txt", true],
    ["/docs/", "docs/a.txt", true],
    ["*/temp*", "a/temporary/x", true],
    ["*/temp*", "temp", false],
    ["temp?", "temp1", true],
    ["temp?", "temp", false],
    ["[a-c].txt", "b.txt", true],
    ["[^a-c].txt", "b.txt", false],
    ["a.b", "axb", false],
    ["# docs\n\n", "docs", false],
    ["*.md\n!README.md", "README.md", false],
    ["*.md\n!README.md", "OTHER.md", true],
    ["!README.md\n*.md", "README.md", true],
    ["docs\n!docs/keep", "docs/keep", true],
    ["\\*.md", "*.md", true],
    ["\\*.md", "a.md", false],
  ])("%j and %s", (text, path, ignored) => {
    expect(isIgnored(text, path)).toBe(ignored);
  });

  it("says which line is wrong", () => {
    expect(readIgnoreFile("a\n[b")).toEqual({
      ok: false,
      message: '.s2iignore line 2: "[b" is no pattern: a [ must be closed by ]',
    });
    expect(readIgnoreFile("[z-a]")).toMatchObject({ ok: false });
    expect(readIgnoreFile("a\n".repeat(1001))).toMatchObject({ ok: false });
  });
});
