import { expect, test } from "vitest";
import { renderDecision } from "./decision-text.ts";
import type { SchedulingDecisionSpec } from "../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";

function render(spec: Partial<SchedulingDecisionSpec>, width = 80): string[] {
  const rest = { pod: { name: "hello-2", namespace: "default" }, outcome: "Unschedulable" as const };
  const metadata = { name: "hello-2", namespace: "default" };
  const decision = { apiVersion: "nagi.dev/v1", kind: "SchedulingDecision", metadata };
  const text = renderDecision({ ...decision, spec: { ...rest, ...spec } }, { width });
  return text.split("\n");
}

const passes = (plugin: string) => ({ plugin, verdict: "pass" as const });

test("a pod that waits: the sentence, and per node the rule and the numbers", () => {
  const lines = render({
    message: "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't have free ports.",
    scheduler: "default-scheduler",
    decidedAt: "2026-01-02T03:04:05Z",
    nodes: [
      {
        name: "node-1",
        feasible: false,
        predicates: [
          passes("TaintToleration"),
          {
            plugin: "NodePorts",
            policyName: "PodFitsPorts",
            verdict: "fail",
            reason: "node(s) didn't have free ports",
            detail: "port 8080/TCP is held by default/hello-1",
          },
          { plugin: "NodeResourcesFit", verdict: "fail", reason: "Insufficient cpu", detail: "needs 2" },
        ],
      },
      { name: "node-22", feasible: false, predicates: [{ plugin: "NodeName", verdict: "fail" }] },
    ],
    omittedNodes: 1,
  });
  expect(lines.join("\n")).toMatchInlineSnapshot();
});

test("a pod that was placed: what each node scored, and how the tie was broken", () => {
  const scores = [
    { plugin: "TaintToleration", raw: 0, normalized: 100, weight: 3, weighted: 300 },
    { plugin: "NodeResourcesLeastAllocated", raw: 97, normalized: 97, weight: 1, weighted: 97 },
  ];
  const predicates = [passes("TaintToleration"), passes("NodeResourcesFit")];
  const lines = render({
    outcome: "Scheduled",
    node: "node-2",
    evaluatedNodes: 3,
    feasibleNodes: 2,
    nodes: [
      { name: "node-2", feasible: true, predicates, scores, total: 397 },
      { name: "node-1", feasible: true, predicates, scores, total: 397 },
    ],
    tie: { candidates: ["node-1", "node-2"], count: 2, chosen: "node-2", seed: 7 },
  });
  expect(lines.join("\n")).toMatchInlineSnapshot();
});

test("many nodes: how many gave which reason first, then some of each", () => {
  const nodes = Array.from({ length: 20 }, (_, index) => ({
    name: `node-${index + 1}`,
    feasible: false,
    predicates: [
      index % 2 === 0
        ? {
            plugin: "NodePorts",
            verdict: "fail" as const,
            reason: "node(s) had no port",
            detail: "port 80 is held",
          }
        : {
            plugin: "NodeResourcesFit",
            verdict: "fail" as const,
            reason: "Insufficient cpu",
            detail: "needs 2 cpu",
          },
    ],
  }));
  const reasons = [
    { reason: "node(s) had no port", count: 100 },
    { reason: "Insufficient cpu", count: 400 },
  ];
  const suggestions = [
    {
      summary: "delete pod default/x on node-1",
      node: "node-1",
      changes: [
        {
          type: "DeletePod" as const,
          target: "pod/default/x",
          summary: "delete it",
          command: "nagi delete pod x",
        },
      ],
      note: "default/x has no owner that would make it anew",
    },
  ];
  const spec = { nodes, reasons, suggestions, evaluatedNodes: 500, feasibleNodes: 0 };
  const text = render(spec).join("\n");
  expect(text).toMatchInlineSnapshot();
  expect(text.split("\n").every((line) => line.length <= 80)).toBe(true);
});

test("a pod without a table: gated, or undecided", () => {
  expect(render({ outcome: "Gated", message: "blocked" })[0]).toBe(
    "Pod default/hello-2 is not to be placed yet: blocked",
  );
  expect(render({ outcome: "Error", message: "a plugin failed" })[0]).toBe(
    "Pod default/hello-2 could not be decided about: a plugin failed",
  );
});
