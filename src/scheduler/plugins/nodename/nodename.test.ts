import { expect, test } from "vitest";
import { filterReasons } from "../../testing/plugins.ts";
import { testNode, testPod } from "../../testing/objects.ts";
import { nodeName, reasonOtherNode } from "./nodename.ts";

test.each([
  { name: "no node named", spec: {}, expected: [] },
  { name: "an empty name", spec: { nodeName: "" }, expected: [] },
  { name: "this node", spec: { nodeName: "a" }, expected: [] },
  { name: "another node", spec: { nodeName: "b" }, expected: [reasonOtherNode] },
])("$name", ({ spec, expected }) => {
  expect(filterReasons(nodeName, { node: testNode("a"), pod: testPod("p", {}, spec) })).toEqual(expected);
});
