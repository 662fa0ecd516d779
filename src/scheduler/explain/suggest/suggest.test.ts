import { describe, expect, test } from "vitest";
import { readPod } from "../../snapshot/pod-info.ts";
import type { NodeObject, PodObject } from "../../snapshot/objects.ts";
import { defaultProfile } from "../../profiles.ts";
import { hostPort, requests, testBed, testNode, testPod } from "../../testing/objects.ts";
import { suggest } from "./suggest.ts";

function help(nodes: readonly NodeObject[], placed: readonly [PodObject, string][], pod: PodObject) {
  const { cluster, put } = testBed(nodes);
  for (const [object, nodeName] of placed) put(object, nodeName);
  return suggest(readPod(pod), { cluster, profile: defaultProfile() });
}

const summaries = (found: ReturnType<typeof help>): string[] =>
  found.map(({ summary, node }) => `${summary} -> ${node}`);

describe("what would help", () => {
  test("nothing, when a node takes the pod", () => {
    expect(help([testNode("n1")], [], testPod("p"))).toEqual([]);
  });

  test("a port: the pod that holds it, the least important first", () => {
    const low = testPod("low", hostPort(8080));
    const high = testPod("high", hostPort(8080), { priority: 5 });
    const found = help(
      [testNode("n1"), testNode("n2")],
      [
        [high, "n1"],
        [low, "n2"],
      ],
      testPod("p", hostPort(8080)),
    );
    expect(summaries(found)).toMatchInlineSnapshot(`
      [
        "ask no more for port 8080/TCP of the node -> n2",
        "delete pod default/low on n2 -> n2",
        "delete pod default/high on n1 -> n1",
        "give it a priority of at least 1, to preempt default/low -> n2",
        "give it a priority of at least 6, to preempt default/high -> n1",
        "add a node like n1: 4 cpu, 8Gi memory -> new-node",
      ]
    `);
    expect(found[1]).toMatchInlineSnapshot(`
      {
        "changes": [
          {
            "command": "nagi delete pod low",
            "summary": "delete pod default/low on n2",
            "target": "pod/default/low",
            "type": "DeletePod",
          },
        ],
        "node": "n2",
        "note": "default/low has no owner that would make it anew",
        "summary": "delete pod default/low on n2",
      }
    `);
  });

  test("too many pods in one zone: a wider skew, a label, one of them gone", () => {
    const zoneKey = "topology.kubernetes.io/zone";
    const zoned = (name: string, zone: string, unschedulable = false) =>
      testNode(name, {}, { labels: { [zoneKey]: zone }, unschedulable });
    const web = (name: string): PodObject => {
      const labelSelector = { matchLabels: { app: "web" } };
      const constraint = {
        maxSkew: 1,
        topologyKey: zoneKey,
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector,
      };
      const pod = testPod(name, {}, { topologySpreadConstraints: [constraint] });
      return { ...pod, metadata: { ...pod.metadata, labels: { app: "web" } } };
    };
    const nodes = [zoned("a1", "a"), zoned("b1", "b", true), testNode("bare")];
    expect(summaries(help(nodes, [[web("w1"), "a1"]], web("w2")))).toMatchInlineSnapshot(`
      [
        "uncordon b1 -> b1",
        "label bare topology.kubernetes.io/zone=b -> bare",
        "raise maxSkew by topology.kubernetes.io/zone from 1 to 2 -> a1",
        "delete pod default/w1 on a1 -> a1",
        "give it a priority of at least 1, to preempt default/w1 -> a1",
        "add a node like b1: 4 cpu, 8Gi memory, zone b -> new-node",
      ]
    `);
  });

  test("pods that want to be apart: who stands in the way", () => {
    const term = { labelSelector: { matchLabels: { app: "web" } }, topologyKey: "kubernetes.io/hostname" };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const web = testPod("w1");
    const present: PodObject = { ...web, metadata: { ...web.metadata, labels: { app: "web" } } };
    const found = help([testNode("n1")], [[present, "n1"]], testPod("p", {}, { affinity }));
    expect(summaries(found)).toMatchInlineSnapshot(`
      [
        "drop the required anti-affinity to pods by kubernetes.io/hostname -> n1",
        "delete pod default/w1 on n1 -> n1",
        "give it a priority of at least 1, to preempt default/w1 -> n1",
        "add a node like n1: 4 cpu, 8Gi memory -> new-node",
      ]
    `);
  });

  test("cpu: the largest request that fits", () => {
    const nodes = [testNode("n1", { cpu: "2" }), testNode("n2", { cpu: "1" })];
    const found = help(
      nodes,
      [
        [testPod("big", requests("1700m", "1Gi")), "n1"],
        [testPod("other", requests("900m", "1Gi")), "n2"],
      ],
      testPod("p", requests("500m", "1Gi")),
    );
    expect(summaries(found)).toMatchInlineSnapshot(`
      [
        "lower the cpu request from 500m to 300m -> n1",
        "delete pod default/big on n1 -> n1",
        "delete pod default/other on n2 -> n2",
        "give it a priority of at least 1, to preempt default/big -> n1",
        "give it a priority of at least 1, to preempt default/other -> n2",
        "add a node like n2: 1 cpu, 8Gi memory -> new-node",
      ]
    `);
    expect(found[0]).toMatchInlineSnapshot(`
      {
        "changes": [
          {
            "command": "kubectl get pod p -o json | kubectl patch --local -f - --type json -p '[{"op":"replace","path":"/spec/containers/0/resources/requests/cpu","value":"300m"}]' -o json | kubectl replace --force -f -",
            "summary": "lower the cpu request from 500m to 300m",
            "target": "pod/default/p",
            "type": "LowerRequests",
          },
        ],
        "node": "n1",
        "summary": "lower the cpu request from 500m to 300m",
      }
    `);
  });

  test("a label, a taint, a cordon", () => {
    const nodes = [
      testNode("n1", {}, { labels: { zone: "b" } }),
      testNode(
        "n2",
        {},
        { labels: { zone: "a" }, taints: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] },
      ),
      testNode("n3", {}, { labels: { zone: "a" }, unschedulable: true }),
    ];
    const found = help(nodes, [], testPod("p", {}, { nodeSelector: { zone: "a" } }));
    expect(summaries(found)).toMatchInlineSnapshot(`
      [
        "uncordon n3 -> n3",
        "tolerate taint dedicated=db:NoSchedule -> n2",
        "take taint dedicated=db:NoSchedule from n2 -> n2",
        "label n1 zone=a -> n1",
        "ask no more for nodes with label zone=a -> n1",
        "add a node like n3: 4 cpu, 8Gi memory -> new-node",
      ]
    `);
  });

  test("several rules on every node: several changes", () => {
    const nodes = [testNode("n1", { cpu: "1" }, { unschedulable: true, labels: { zone: "b" } })];
    const found = help(nodes, [], testPod("p", requests("2", "1Gi"), { nodeSelector: { zone: "a" } }));
    expect(summaries(found)).toMatchInlineSnapshot(`
      [
        "add a node of 2 cpu, 8Gi memory, labelled zone=a -> new-node",
        "uncordon n1, and label n1 zone=a, and lower the cpu request from 2 to 1 -> n1",
      ]
    `);
  });
});
