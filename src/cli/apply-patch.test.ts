import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../model/schema.ts";
import { threeWayMergePatch } from "./apply-patch.ts";

describe("threeWayMergePatch", () => {
  const table: readonly (readonly [string, JsonValue, JsonValue, JsonValue, JsonValue | undefined])[] = [
    ["nothing changed", { a: 1 }, { a: 1 }, { a: 1, b: 2 }, undefined],
    ["a field changed", { a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }],
    ["a field dropped", { a: 1, b: 1 }, { a: 1 }, { a: 1, b: 1 }, { b: null }],
    ["somebody else's field stays", {}, { a: 1 }, { a: 1, theirs: 1 }, undefined],
    ["drift is corrected", { a: 1 }, { a: 1 }, { a: 9 }, { a: 1 }],
    ["deeper", { s: { a: 1, b: 1 } }, { s: { b: 2 } }, { s: { a: 1, b: 1, d: 1 } }, { s: { a: null, b: 2 } }],
    ["defaults in a list's items", {}, { l: [{ n: "x" }] }, { l: [{ n: "x", d: 1 }] }, undefined],
    ["a longer list", {}, { l: [1, 2] }, { l: [1] }, { l: [1, 2] }],
  ];
  it.each(table)("%s", (...[, previous, wanted, present, patch]) => {
    expect(threeWayMergePatch(previous, wanted, present)).toEqual(patch);
  });

  it("has nothing to do once it is applied", () => {
    const object = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.oneof(fc.integer(), fc.string()));
    fc.assert(
      fc.property(object, object, object, (previous, wanted, present) => {
        const patch = (threeWayMergePatch(previous, wanted, present) ?? {}) as Record<string, JsonValue>;
        const next: Record<string, JsonValue> = { ...present };
        for (const [key, value] of Object.entries(patch))
          if (value === null) delete next[key];
          else next[key] = value;
        expect(threeWayMergePatch(wanted, wanted, next)).toBeUndefined();
        expect(next).toMatchObject(wanted);
      }),
    );
  });
});
