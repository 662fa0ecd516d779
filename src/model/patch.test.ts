import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJsonEqual, isJsonObject } from "./json.ts";
import { applyJsonPatch, applyMergePatch, jsonPatchOperationsMax } from "./patch.ts";

/** The examples of RFC 7386, appendix A. */
test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("merging %j with %j gives %j", (target, patch, result) => {
  const before = structuredClone(target);
  expect(applyMergePatch(target, patch)).toEqual(result);
  expect(target).toEqual(before);
});

const json = fc.jsonValue({ maxDepth: 3 });

/** The merge patch that leads from one value to another, where neither holds null. */
function difference(from: unknown, to: unknown): unknown {
  if (!isJsonObject(from) || !isJsonObject(to)) return to;
  const removed = Object.keys(from)
    .filter((key) => !Object.hasOwn(to, key))
    .map((key) => [key, null] as const);
  const changed = Object.entries(to)
    .filter(([key, value]) => !Object.hasOwn(from, key) || !isJsonEqual(from[key], value))
    .map(([key, value]) => [key, Object.hasOwn(from, key) ? difference(from[key], value) : value] as const);
  return Object.fromEntries([...removed, ...changed]);
}

const withoutNull = json.filter((value) => !JSON.stringify(value).includes("null"));

test("a merge patch made of two values leads from one to the other", () => {
  fc.assert(
    fc.property(withoutNull, withoutNull, (from, to) => {
      expect(isJsonEqual(applyMergePatch(from, difference(from, to)), to)).toBe(true);
    }),
  );
});

test("patching twice is patching once, and no prototype is reached", () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const once = applyMergePatch(target, patch);
      expect(isJsonEqual(applyMergePatch(once, patch), once)).toBe(true);
    }),
  );
  const patched = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as object;
  expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
  expect("polluted" in {}).toBe(false);
});

describe("JSON patch", () => {
  const document = { a: { b: [1, 2, 3] }, "x/y": { "m~n": 1 } };

  test.each([
    [[{ op: "add", path: "/a/c", value: 1 }], { a: { b: [1, 2, 3], c: 1 } }],
    [[{ op: "add", path: "/a/b/1", value: 9 }], { a: { b: [1, 9, 2, 3] } }],
    [[{ op: "add", path: "/a/b/-", value: 9 }], { a: { b: [1, 2, 3, 9] } }],
    [[{ op: "remove", path: "/a/b/0" }], { a: { b: [2, 3] } }],
    [[{ op: "replace", path: "/a/b/2", value: null }], { a: { b: [1, 2, null] } }],
    [[{ op: "move", from: "/a/b/0", path: "/a/b/2" }], { a: { b: [2, 3, 1] } }],
    [[{ op: "copy", from: "/a/b", path: "/a/c" }], { a: { b: [1, 2, 3], c: [1, 2, 3] } }],
    [[{ op: "test", path: "/x~1y/m~0n", value: 1 }], {}],
    [[{ op: "replace", path: "", value: { z: 1 } }], { z: 1 }],
  ])("%j", (operations, expected) => {
    expect(applyJsonPatch(document, operations)).toMatchObject(expected);
    expect(document.a.b).toEqual([1, 2, 3]);
  });

  test.each([
    [
      [{ op: "remove", path: "/a/zz" }],
      'operation 0 of the JSON patch (remove /a/zz): there is nothing at "zz"',
    ],
    [[{ op: "replace", path: "/toString", value: 1 }], 'there is nothing at "toString"'],
    [[{ op: "add", path: "/a/b/4", value: 1 }], "the array has only 3 elements"],
    [[{ op: "add", path: "/a/b/01", value: 1 }], '"01" is no index'],
    [[{ op: "add", path: "a", value: 1 }], "must start with /"],
    [[{ op: "add", path: "/a" }], "add needs a value"],
    [[{ op: "move", path: "/a" }], "move needs from"],
    [[{ op: "move", from: "/a", path: "/a/b" }], "from may not be a part of path"],
    [[{ op: "test", path: "/a/b/0", value: 2 }], "the value there is another one"],
    [[{ op: "merge", path: "/a" }], "op must be add"],
    [["x"], "an operation must be an object"],
  ])("%j is refused", (operations, message) => {
    expect(() => applyJsonPatch(document, operations)).toThrow(message);
  });

  test("has a limit", () => {
    const many = Array.from({ length: jsonPatchOperationsMax + 1 }, () => ({
      op: "test",
      path: "",
      value: 1,
    }));
    expect(() => applyJsonPatch(1, many)).toThrow("maximum operations");
    expect(() => applyJsonPatch(1, { op: "add" })).toThrow("must be an array");
  });
});
