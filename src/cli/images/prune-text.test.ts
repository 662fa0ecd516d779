import { expect, it } from "vitest";
import { pruneSummary, pruneTable } from "./prune-text.ts";

const nowMs = Date.parse("2026-01-02T00:00:00Z");
const image = (letter: string, ageMs: number, keptBecause: string[]) => ({
  repository: "default/shop",
  digest: `sha256:${letter.repeat(64)}`,
  atMs: nowMs - ageMs,
  bytes: 2048,
  keptBecause,
});
const answer = {
  images: [
    image("a", 7_200_000, []),
    image("b", 60_000, ["release shop v3 (live)", "pod x", "tag shop:prod", "tag shop:latest", "app shop"]),
  ],
  forgotten: [],
  freedBytes: 1024,
  totalBytes: 4096,
};

it("shows what goes and why the rest stays, newest first", () => {
  expect(pruneTable(answer, { nowMs, confirmed: false, withNamespace: false }).split("\n")).toEqual([
    "STREAM   IMAGE          PUSHED     SIZE               WHY",
    "shop     bbbbbbbbbbbb   60s ago    2.0 KiB   keep     release shop v3 (live), pod x, tag shop:prod and 2 more",
    "shop     aaaaaaaaaaaa   120m ago   2.0 KiB   remove   nothing needs it",
  ]);
  expect(pruneSummary(answer, false)).toBe("Would remove 1 of 2 images and free 1.0 KiB of 4.0 KiB");
  expect(pruneSummary(answer, true)).toBe("Removed 1 of 2 images, which frees 1.0 KiB of 4.0 KiB");
});
