import { describe, expect, test } from "vitest";
import { requests, testNode, testPod } from "../../testing/objects.ts";
import { rawScoreOf } from "../../testing/plugins.ts";
import { balancedAllocation } from "./balancedallocation.ts";

const node = testNode("a", { cpu: "4", memory: "10000", "example.com/gpu": "10" });
const full = testPod("full", requests("4", "0"));
const half = testPod("half", requests("2", "0"));

describe("balanced allocation", () => {
  test.each([
    { name: "no change of balance", pod: testPod("p", requests("2", "5000")), present: [], score: 75 },
    { name: "an even node made uneven", pod: full, present: [], score: 50 },
    {
      name: "an uneven node made even",
      pod: testPod("p", requests("0", "10000")),
      present: [full],
      score: 100,
    },
    { name: "half way", pod: half, present: [], score: 62 },
    { name: "never below half", pod: testPod("p", requests("40", "0")), present: [], score: 50 },
    { name: "a pod that asks for nothing", pod: testPod("p"), present: [], score: undefined },
  ])("$name", ({ pod, present, score }) => {
    expect(rawScoreOf(balancedAllocation(), { node, pod, present })).toBe(score);
  });

  test("of three resources it is the standard deviation", () => {
    const three = balancedAllocation({
      resources: ["cpu", "memory", "example.com/gpu"].map((name) => ({ name, weight: 1 })),
    });
    const pod = testPod("p", requests("4", "0", { "example.com/gpu": "5" }));
    const deviation = Math.sqrt((0.5 * 0.5 + 0.5 * 0.5) / 3);
    const evenness = Math.trunc((1 - deviation) * 100);
    expect(rawScoreOf(three, { node, pod })).toBe(50 + Math.trunc((50 + evenness - 100) / 2));
  });
});
