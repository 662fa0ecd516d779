import { describe, expect, it } from "vitest";
import { fieldErrorText } from "../../../field-error.ts";
import { recipeErrors, recipeLimits, type RecipeFile } from "./recipe-files.ts";
import { parseRecipe } from "./recipe-text.ts";

function errorsOf(yaml: string, ...more: readonly RecipeFile[]): string[] {
  const files = [{ path: "platform.yaml", content: yaml }, ...more];
  return recipeErrors("mine", files).map((each) => `${each.path}: ${fieldErrorText(each)}`);
}

const containerfile = { path: "Containerfile", content: "ARG BASE\nFROM $BASE\n" };

describe("a recipe in a Platform", () => {
  it("may name packages, or build on another platform", () => {
    expect(errorsOf("packages: [curl]")).toEqual([]);
    expect(errorsOf("from: python\npackages: [curl]")).toEqual([]);
    expect(errorsOf("from: base\nlanguage: procfile", containerfile)).toEqual([]);
  });

  it.each<[string, readonly RecipeFile[], string]>([
    ["from: mine", [containerfile], 'from: Invalid value: "mine": a platform cannot stand on itself'],
    [
      "",
      [containerfile],
      "from: Required value: with a Containerfile: the platform to build on, such as base",
    ],
    ["from: base", [], "packages: Required value: a recipe without Containerfile names Debian packages"],
    ["npm: [typescript]", [], "npm: Invalid value"],
    ["package: [curl]", [], "package: Invalid value: is not known; what may be said: description, from"],
    ["packages: curl", [], "packages: Invalid value: must be a list"],
    ['packages: ["curl; rm"]', [], 'packages: Invalid value: "curl; rm" must be lower case letters'],
    ["from: base\nlanguage: cobol", [containerfile], 'language: Invalid value: is "cobol"; known are nodejs'],
    ["a: [", [], "Invalid value: is not YAML"],
    ["- a", [], "Invalid value: must be a mapping of description"],
  ])("%j says what is wrong with it", (yaml, more, text) => {
    expect(errorsOf(yaml, ...more).join("\n")).toContain(text);
  });

  it("has its file, each file once, and is not large", () => {
    const of = (files: readonly RecipeFile[]): string =>
      recipeErrors("mine", files).map(fieldErrorText).join();
    expect(of([containerfile])).toContain("a recipe has a file platform.yaml");
    expect(of([containerfile, containerfile])).toContain("is there twice");
    const binaryContent = Buffer.alloc(recipeLimits.totalBytes + 1).toString("base64");
    expect(of([{ path: "large", binaryContent }])).toContain("let its Containerfile fetch what is large");
  });

  it("is of Debian bookworm unless it says so", () => {
    expect(parseRecipe("from: base\nlanguage: buildpacks\n")).toMatchObject({ ok: true });
    const result = parseRecipe("from: base\nversions:\n  perl: perl -v\n");
    expect(result).toMatchObject({ ok: true, recipe: { suite: "bookworm", versions: { perl: "perl -v" } } });
  });
});
