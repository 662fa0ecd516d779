import { expect, it } from "vitest";
import { rootOf } from "./source-root.ts";

it.each([
  ["apps/web", "apps/web"],
  ["./apps/web/", "apps/web"],
  [".", undefined],
  ["./", undefined],
  ["", undefined],
])("takes %j", (given, root) => expect(rootOf(given)).toBe(root));

it.each(["/", "/etc", "../x", "a/../b", "a//b", "a\\b"])("refuses %j", (given) => {
  expect(() => rootOf(given)).toThrow("must be a path below the root of the source");
});
