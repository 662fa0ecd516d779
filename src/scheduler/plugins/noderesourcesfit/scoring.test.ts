import { describe, expect, test } from "vitest";
import { requests, testNode, testPod } from "../../testing/objects.ts";
import { rawScoreOf } from "../../testing/plugins.ts";
import { defaultFitArgs, nodeResourcesFit } from "./noderesourcesfit.ts";
import { shapeScore, shareOf } from "./shares.ts";
import type { ScoringStrategy } from "./strategies.ts";

const node = testNode("a", { cpu: "4", memory: "10000" });
const gpu = "example.com/gpu";

function scoring(scoringStrategy: ScoringStrategy) {
  return nodeResourcesFit({ ...defaultFitArgs, scoringStrategy });
}

describe("LeastAllocated", () => {
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
    expect(rawScoreOf(nodeResourcesFit(), { node, pod, present })).toBe(score);
  });

  test("a container that asks for nothing counts as a small one", () => {
    const roomy = testNode("a", { cpu: "1", memory: "2000Mi" });
    expect(rawScoreOf(nodeResourcesFit(), { node: roomy, pod: testPod("p") })).toBe(90);
  });

  test("a node that offers nothing scores nothing", () => {
    const bare = testNode("a", { cpu: "0", memory: "0" });
    expect(rawScoreOf(nodeResourcesFit(), { node: bare, pod: testPod("p") })).toBe(0);
  });
});

describe("weights and other resources", () => {
  const resources = [
    { name: "cpu", weight: 3 },
    { name: gpu, weight: 5 },
    { name: "ephemeral-storage", weight: 2 },
    { name: "example.com/unheard-of", weight: 100 },
  ];
  const least = scoring({ type: "LeastAllocated", resources });
  const rich = testNode("a", { cpu: "4", [gpu]: "4", "ephemeral-storage": "1000" });

  test("count as they are weighted", () => {
    const pod = testPod("p", requests("1", "1", { [gpu]: "3", "ephemeral-storage": "500" }));
    expect(rawScoreOf(least, { node: rich, pod })).toBe(Math.trunc((3 * 75 + 5 * 25 + 2 * 50) / 10));
  });

  test("that the pod does not ask for count only when every node has them", () => {
    expect(rawScoreOf(least, { node: rich, pod: testPod("p", requests("1", "1")) })).toBe(
      Math.trunc((3 * 75 + 2 * 100) / 5),
    );
  });
});

describe("MostAllocated", () => {
  const most = scoring({ type: "MostAllocated", resources: defaultFitArgs.scoringStrategy.resources });
  test.each([
    { pod: testPod("p", requests("1", "2500")), score: 25 },
    { pod: testPod("p", requests("4", "10000")), score: 100 },
    { pod: testPod("p", requests("40", "5000")), score: 75 },
    { pod: testPod("p", requests("1333m", "3333")), score: 33 },
  ])("$score", ({ pod, score }) => {
    expect(rawScoreOf(most, { node, pod })).toBe(score);
  });
});

describe("RequestedToCapacityRatio", () => {
  const packing = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ];
  const ratio = (shape: typeof packing) =>
    scoring({
      type: "RequestedToCapacityRatio",
      resources: defaultFitArgs.scoringStrategy.resources,
      requestedToCapacityRatio: { shape },
    });

  test.each([
    { name: "packs", shape: packing, pod: testPod("p", requests("1", "5000")), score: 38 },
    { name: "is full at most", shape: packing, pod: testPod("p", requests("9", "99999")), score: 100 },
    {
      name: "spreads",
      shape: [
        { utilization: 0, score: 10 },
        { utilization: 100, score: 0 },
      ],
      pod: testPod("p", requests("1", "5000")),
      score: 63,
    },
    {
      name: "leaves out what scores nothing",
      shape: [
        { utilization: 50, score: 0 },
        { utilization: 100, score: 10 },
      ],
      pod: testPod("p", requests("1", "7500")),
      score: 50,
    },
  ])("$name", ({ shape, pod, score }) => {
    expect(rawScoreOf(ratio(shape), { node, pod })).toBe(score);
  });

  test("falling lines are cut towards zero, as integers are divided", () => {
    const shape = [
      { utilization: 10, score: 7 },
      { utilization: 40, score: 2 },
    ];
    expect([0, 10, 11, 39, 40, 90].map((at) => shapeScore(shape, at, 100))).toEqual([70, 70, 69, 22, 20, 20]);
  });
});

test("shares of amounts beyond what a double holds are exact", () => {
  expect(shareOf(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, 100)).toBe(99);
  expect(shareOf(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 100)).toBe(100);
});
