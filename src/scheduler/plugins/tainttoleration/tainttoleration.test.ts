import { describe, expect, test } from "vitest";
import { testNode, testPod } from "../../testing/objects.ts";
import { filterReasons, rawScoreOf } from "../../testing/plugins.ts";
import { nodeUnschedulable, reasonUnschedulable } from "../nodeunschedulable/nodeunschedulable.ts";
import { taintToleration } from "./tainttoleration.ts";
import { tolerates } from "./tolerates.ts";

const taint = { key: "dedicated", value: "gpu", effect: "NoSchedule" };

describe("a toleration", () => {
  test.each([
    {
      toleration: { key: "dedicated", operator: "Equal", value: "gpu", effect: "NoSchedule" },
      matches: true,
    },
    { toleration: { key: "dedicated", value: "gpu" }, matches: true },
    { toleration: { key: "dedicated", value: "cpu" }, matches: false },
    { toleration: { key: "dedicated", operator: "Exists" }, matches: true },
    { toleration: { operator: "Exists" }, matches: true },
    { toleration: { operator: "Exists", effect: "NoExecute" }, matches: false },
    { toleration: { key: "other", operator: "Exists" }, matches: false },
    { toleration: { operator: "Equal", value: "gpu" }, matches: false },
    { toleration: { key: "dedicated", operator: "Like", value: "gpu" }, matches: false },
  ])("$toleration: $matches", ({ toleration, matches }) => {
    expect(tolerates([toleration], taint)).toBe(matches);
  });
});

describe("the filter", () => {
  const other = { key: "disk", effect: "NoExecute" };
  const soft = { key: "soft", effect: "PreferNoSchedule" };
  test.each([
    { name: "no taints", taints: [], tolerations: undefined, expected: [] },
    {
      name: "a taint",
      taints: [taint],
      tolerations: [],
      expected: ["node(s) had untolerated taint {dedicated: gpu}"],
    },
    {
      name: "a taint without a value",
      taints: [other],
      tolerations: [],
      expected: ["node(s) had untolerated taint {disk: }"],
    },
    { name: "only preferred", taints: [soft], tolerations: [], expected: [] },
    {
      name: "one of two tolerated",
      taints: [taint, other],
      tolerations: [{ key: "dedicated", operator: "Exists" }],
      expected: ["node(s) had untolerated taint {disk: }"],
    },
    { name: "all tolerated", taints: [taint, other], tolerations: [{ operator: "Exists" }], expected: [] },
  ])("$name", ({ taints, tolerations, expected }) => {
    const situation = { node: testNode("a", {}, { taints }), pod: testPod("p", {}, { tolerations }) };
    expect(filterReasons(taintToleration, situation)).toEqual(expected);
  });
});

test("the score counts preferred taints that are not tolerated, and turns them round", () => {
  const taints = ["one", "two", "three"].map((key) => ({ key, effect: "PreferNoSchedule" }));
  const pod = testPod("p", {}, { tolerations: [{ key: "one", operator: "Exists" }] });
  expect(rawScoreOf(taintToleration, { node: testNode("a", {}, { taints }), pod })).toBe(2);
  const normalized = [0, 1, 2].map((raw) => taintToleration.normalize?.(raw, { min: 0, max: 2 }));
  expect(normalized).toEqual([100, 50, 0]);
  expect(taintToleration.normalize?.(0, { min: 0, max: 0 })).toBe(100);
});

describe("a cordoned node", () => {
  const node = testNode("a", {}, { unschedulable: true });
  test.each([
    { name: "takes no pods", tolerations: [], expected: [reasonUnschedulable] },
    {
      name: "takes pods that tolerate it",
      tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }],
      expected: [],
    },
  ])("$name", ({ tolerations, expected }) => {
    expect(filterReasons(nodeUnschedulable, { node, pod: testPod("p", {}, { tolerations }) })).toEqual(
      expected,
    );
  });
});
