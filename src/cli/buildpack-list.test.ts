import { describe, expect, it } from "vitest";
import { changedBuildpacks, type BuildpackChange } from "./buildpack-list.ts";

function change(before: string, asked: BuildpackChange): string {
  const changed = changedBuildpacks(before.split(" ").filter(Boolean), asked);
  return changed.ok ? changed.urls.join(" ") : changed.message;
}

describe("the list of buildpacks", () => {
  it.each<[string, string, BuildpackChange, string]>([
    ["adds at the end", "a b", { action: "add", url: "c" }, "a b c"],
    ["adds to none", "", { action: "add", url: "c", index: 4 }, "c"],
    ["adds at a place", "a b", { action: "add", url: "c", index: 1 }, "c a b"],
    ["adds nothing twice", "a b", { action: "add", url: "b" }, "b is buildpack 2 already"],
    ["sets the only one", "", { action: "set", url: "c" }, "c"],
    ["sets the first", "a b", { action: "set", url: "c" }, "c b"],
    ["sets one to what it is", "a b", { action: "set", url: "a" }, "a b"],
    ["sets another", "a b", { action: "set", url: "c", index: 2 }, "a c"],
    ["sets none twice", "a b", { action: "set", url: "a", index: 2 }, "a is buildpack 1 already"],
    ["removes by address", "a b", { action: "remove", url: "a" }, "b"],
    ["removes by place", "a b", { action: "remove", index: 2 }, "a"],
    [
      "says which places there are",
      "a b",
      { action: "remove", index: 3 },
      "--index is 3: must be from 1 to 2",
    ],
    ["removes from none", "", { action: "remove", index: 1 }, "--index is 1: the app has no buildpacks"],
    ["knows what it removes", "a", { action: "remove", url: "x" }, "the app has no buildpack x"],
    [
      "wants whole numbers",
      "a",
      { action: "add", url: "c", index: 0.5 },
      "--index is 0.5: must be a whole number from 1",
    ],
    ["clears", "a b", { action: "clear" }, ""],
    [
      "hides passwords",
      "",
      { action: "remove", url: "https://u:p@h/x" },
      "the app has no buildpack https://u:***@h/x",
    ],
  ])("%s", (_what, before, asked, after) => {
    expect(change(before, asked)).toBe(after);
  });
});
