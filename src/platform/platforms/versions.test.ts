import { expect, it } from "vitest";
import type { MadeVersion } from "../../model/kinds/nagi/platform/platform.ts";
import type { PlatformImage } from "./ensure-platforms.ts";
import { historyWith } from "./versions.ts";

function image(recipeHash: string): PlatformImage {
  return {
    name: "tiny",
    description: "",
    language: "static",
    builtIn: false,
    image: `localhost/nagi/tiny:${recipeHash}`,
    recipeHash,
    sizeBytes: 1,
    builtAt: "2026-01-01T00:00:00Z",
    versions: { debian: "bookworm" },
  };
}

function after(hashes: readonly string[], pinned: readonly number[] = []) {
  let history: MadeVersion[] = [];
  let dropped: readonly MadeVersion[] = [];
  for (const hash of hashes) {
    const next = historyWith({ history }, image(hash), new Set(pinned));
    history = [...next.kept];
    dropped = next.dropped;
  }
  return { kept: history.map(({ version }) => version), dropped: dropped.map(({ version }) => version) };
}

it("numbers what is new, and keeps the number of what is not", () => {
  expect(after(["a", "b"]).kept).toEqual([2, 1]);
  expect(after(["a", "b", "b"]).kept).toEqual([2, 1]);
  expect(after(["a", "b", "a"]).kept).toEqual([3, 2, 1]);
});

it("keeps the last five, and what an app names", () => {
  expect(after(["a", "b", "c", "d", "e", "f"])).toEqual({ kept: [6, 5, 4, 3, 2], dropped: [1] });
  expect(after(["a", "b", "c", "d", "e", "f", "g"], [1]).kept).toEqual([7, 6, 5, 4, 3, 1]);
});
