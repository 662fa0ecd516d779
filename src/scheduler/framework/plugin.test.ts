import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { unschedulableMessage } from "../explain/message.ts";
import { readPod } from "../snapshot/pod-info.ts";
import { nodeSize, reasonSmall } from "../testing/node-size.ts";
import { testBed, testNode, testPod } from "../testing/objects.ts";
import { createProfile } from "./profile.ts";

const profile = createProfile("own", [{ plugin: nodeSize, weight: 2 }]);

function sized(name: string, minCpu: string) {
  const object = testPod(name);
  return readPod({ ...object, metadata: { ...object.metadata, labels: { "example.com/min-cpu": minCpu } } });
}

describe("the example of the guide", () => {
  test("is what the guide shows", async () => {
    const guide = await readFile(join(import.meta.dirname, "../../../docs/guide/scheduling.md"), "utf8");
    const source = await readFile(join(import.meta.dirname, "../testing/node-size.ts"), "utf8");
    // There it stands in a folder of its own, one deeper.
    const shown = source.replaceAll('from "../', 'from "../../');
    const lines = shown.trimEnd().split("\n");
    expect(guide).toContain(lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n"));
  });

  test("filters, scores and wakes", () => {
    const { cluster, decider } = testBed(
      [testNode("small", { cpu: "2" }), testNode("large", { cpu: "8" })],
      profile,
    );
    const plain = decider.decide(readPod(testPod("p")));
    expect([plain.chosen?.nodeName, plain.evaluation.ranking.best]).toEqual(["large", 200]);
    const waiting = sized("q", "16");
    const decision = decider.decide(waiting);
    expect(unschedulableMessage(2, decision.evaluation)).toBe(`0/2 nodes are available: 2 ${reasonSmall}.`);
    const grown = (cpu: string) => {
      const { row, aspects } = cluster.setNode(testNode("small", { cpu }));
      return decider.couldHelp({ type: "NodeChanged", row, aspects }, waiting, new Set([0]));
    };
    expect([grown("12"), grown("16")]).toEqual([false, true]);
  });
});

describe("a profile", () => {
  test.each([
    {
      name: "a plugin twice",
      plugins: [nodeSize, nodeSize].map((plugin) => ({ plugin, weight: 1 })),
      text: "twice",
    },
    {
      name: "a weight that is no whole number",
      plugins: [{ plugin: nodeSize, weight: 0.5 }],
      text: "no whole number",
    },
    {
      name: "weights beyond all measure",
      plugins: [{ plugin: nodeSize, weight: 20_000 }],
      text: "allowed 10000",
    },
  ])("refuses $name", ({ plugins, text }) => {
    expect(() => createProfile("p", plugins)).toThrow(text);
  });
});
