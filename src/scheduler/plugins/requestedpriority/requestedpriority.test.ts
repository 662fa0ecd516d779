import { describe, expect, test } from "vitest";
import { requests, testNode, testPod } from "../../testing/objects.ts";
import { rawScoreOf } from "../../testing/plugins.ts";
import {
  balancedResourcePriority,
  leastRequestedPriority,
  mostRequestedPriority,
  requestedToCapacityRatioPriority,
} from "./requestedpriority.ts";

const node = testNode("a", { cpu: "4", memory: "10000" });
const present = [testPod("h", requests("1", "3000"))];

describe("priorities of old, 0 to 10", () => {
  test.each([
    // (4000-2000)*10/4000 = 5, (10000-5000)*10/10000 = 5
    { pod: testPod("p", requests("1", "2000")), least: 5, most: 5, balanced: 10 },
    // cpu 10-? : (4000-1000)*10/4000 = 7, memory (10000-9900)*10/10000 = 0; (7+0)/2 = 3
    { pod: testPod("p", requests("0", "6900")), least: 3, most: 5, balanced: 2 },
    // more cpu than there is: nothing for cpu, 7 for memory
    { pod: testPod("p", requests("9", "0")), least: 3, most: 1, balanced: 0 },
    // exactly full
    { pod: testPod("p", requests("3", "7000")), least: 0, most: 10, balanced: 0 },
  ])("$least $most $balanced", ({ pod, least, most, balanced }) => {
    const situation = { node, pod, present };
    expect([
      rawScoreOf(leastRequestedPriority, situation),
      rawScoreOf(mostRequestedPriority, situation),
      rawScoreOf(balancedResourcePriority, situation),
    ]).toEqual([least, most, balanced]);
  });

  test("a node that offers nothing", () => {
    const bare = testNode("a", { cpu: "0", memory: "0" });
    const situation = { node: bare, pod: testPod("p") };
    expect(rawScoreOf(leastRequestedPriority, situation)).toBe(0);
    expect(rawScoreOf(mostRequestedPriority, situation)).toBe(0);
    expect(rawScoreOf(balancedResourcePriority, situation)).toBe(0);
  });

  test("a curve", () => {
    const ratio = requestedToCapacityRatioPriority({
      shape: [
        { utilization: 0, score: 0 },
        { utilization: 100, score: 10 },
      ],
      resources: [{ name: "cpu", weight: 1 }],
    });
    expect(rawScoreOf(ratio, { node, pod: testPod("p", requests("1", "1")), present })).toBe(5);
  });
});
