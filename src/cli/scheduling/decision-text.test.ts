import { expect, test } from "vitest";
import { renderDecision } from "./decision-text.ts";
import type { SchedulingDecisionSpec } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";

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
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "Pod default/hello-2 is waiting for a node: 0/3 nodes are available: 1
    Insufficient cpu, 2 node(s) didn't have free ports.
    Decided by default-scheduler at 2026-01-02T03:04:05Z.

    NODE     VERDICT   RULE              WHY
    node-1   rejected  NodePorts         port 8080/TCP is held by default/hello-1
                       NodeResourcesFit  needs 2
    node-22  rejected  NodeName          no
    "
  `);
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
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "Pod default/hello-2 was placed on node-2: the best of 2 nodes that fit, of 3
    looked at.
    Decided by the scheduler.

    NODE    VERDICT  RULE         WHY
    node-2  chosen   all 2 agree  score 397
    node-1  fits     all 2 agree  score 397
    ... and 1 more node: see --all, or --node NODE

    NODE    SCORE                        RAW  NORMALISED  WEIGHT  WEIGHTED
    node-2  TaintToleration              0    100         3       300
            NodeResourcesLeastAllocated  97   97          1       97
            total                                                 397
    node-1  TaintToleration              0    100         3       300
            NodeResourcesLeastAllocated  97   97          1       97
            total                                                 397

    2 nodes had the best score: node-1, node-2. node-2 was drawn at random (seed 7).
    "
  `);
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
  expect(text).toMatchInlineSnapshot(`
    "Pod default/hello-2 is waiting for a node: none of 500 takes it.
    Decided by the scheduler.

    NODES  SAY NO BECAUSE       FOR INSTANCE
      400  Insufficient cpu     node-2, node-4, node-6, node-8 and 396 more
      100  node(s) had no port  node-1, node-3, node-5, node-7 and 96 more

    NODE    VERDICT   RULE              WHY
    node-1  rejected  NodePorts         port 80 is held
    node-2  rejected  NodeResourcesFit  needs 2 cpu
    node-3  rejected  NodePorts         port 80 is held
    node-4  rejected  NodeResourcesFit  needs 2 cpu
    node-5  rejected  NodePorts         port 80 is held
    node-6  rejected  NodeResourcesFit  needs 2 cpu
    node-7  rejected  NodePorts         port 80 is held
    node-8  rejected  NodeResourcesFit  needs 2 cpu
    ... and 492 more nodes: see --all, or --node NODE

    What would help, each tried on a copy of the cluster:
     1. delete pod default/x on node-1; it then goes to node-1
        (default/x has no owner that would make it anew)
          $ nagi delete pod x
    "
  `);
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
