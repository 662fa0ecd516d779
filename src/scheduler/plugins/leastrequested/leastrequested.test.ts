import { describe, expect, test } from "vitest";
import { requests, testNode, testPod } from "../../testing/objects.ts";
import { rawScoreOf } from "../../testing/plugins.ts";
import { balancedAllocation } from "../balancedallocation/balancedallocation.ts";
import { leastRequested } from "./leastrequested.ts";

const node = testNode("a", { cpu: "4", memory: "10000" });

describe("least requested", () => {
  test.each([
    { name: "an empty node", pod: testPod("p", requests("0", "0")), present: [], score: 100 },
    { name: "half and all", pod: testPod("p", requests("2", "10000")), present: [], score: 25 },
    {
      name: "what is there counts",
      pod: testPod("p", requests("1", "2000")),
      present: [testPod("h", requests("1", "3000"))],
      score: 50,
    },
    { name: "more than there is", pod: testPod("p", requests("5", "5000")), present: [], score: 25 },
    {
      name: "shares are cut, not rounded",
      pod: testPod("p", requests("1333m", "3333")),
      present: [],
      score: 66,
    },
  ])("$name", ({ pod, present, score }) => {
    expect(rawScoreOf(leastRequested, { node, pod, present })).toBe(score);
  });

  test("a container that asks for nothing counts as a small one", () => {
    const roomy = testNode("a", { cpu: "1", memory: "2000Mi" });
    expect(rawScoreOf(leastRequested, { node: roomy, pod: testPod("p") })).toBe(90);
  });

  test("a node that offers nothing scores nothing", () => {
    const bare = testNode("a", { cpu: "0", memory: "0" });
    expect(rawScoreOf(leastRequested, { node: bare, pod: testPod("p") })).toBe(0);
  });
});

describe("balanced allocation", () => {
  test.each([
    { name: "the same share", pod: testPod("p", requests("2", "5000")), score: 100 },
    { name: "half the one, none of the other", pod: testPod("p", requests("2", "0")), score: 75 },
    { name: "all of the one", pod: testPod("p", requests("4", "0")), score: 50 },
    { name: "never below half", pod: testPod("p", requests("40", "0")), score: 50 },
    { name: "a pod that asks for nothing", pod: testPod("p"), score: undefined },
  ])("$name", ({ pod, score }) => {
    expect(rawScoreOf(balancedAllocation, { node, pod })).toBe(score);
  });
});
