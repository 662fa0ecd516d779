import { describe, expect, test } from "vitest";
import { fieldMatcher, parseFieldSelector } from "./field-selector.ts";
import { node } from "./kinds/core/node/node.ts";
import { pod } from "./kinds/core/pod/pod.ts";
import { aPod } from "./testing/builders.ts";

const object = aPod({ name: "web", namespace: "shop", node: "node-1", status: { phase: "Running" } });

describe("a pod on node-1 that runs", () => {
  test.each([
    ["", true],
    ["spec.nodeName=node-1", true],
    ["spec.nodeName==node-1,status.phase!=Failed", true],
    ["spec.nodeName=", false],
    ["status.phase!=Running", false],
    ["metadata.name=web,metadata.namespace=shop", true],
    ["metadata.name=we\\=b", false],
    ["spec.restartPolicy=Always", true],
  ])("%j: %s", (text, matched) => {
    expect(fieldMatcher(pod, parseFieldSelector(text))(object)).toBe(matched);
  });
});

test("escaped characters are part of the value", () => {
  expect(parseFieldSelector(String.raw`a=x\,y\=z\\,b!=c`)).toEqual([
    { field: "a", equal: true, value: "x,y=z\\" },
    { field: "b", equal: false, value: "c" },
  ]);
});

test.each(["a", "=b", "a=b=c", ",a"])("%j cannot be read", (text) => {
  expect(() => parseFieldSelector(text)).toThrow(/^invalid/);
});

test("an unknown field is refused by name", () => {
  expect(() => fieldMatcher(pod, parseFieldSelector("spec.foo=1"))).toThrow(
    "field label not supported: spec.foo",
  );
  expect(() => fieldMatcher(pod, parseFieldSelector("toString=1"))).toThrow("not supported");
  expect(() => fieldMatcher(node, parseFieldSelector("metadata.namespace=a"))).toThrow("not supported");
});
