import { describe, expect, test } from "vitest";
import { defaultProfile } from "../profiles.ts";
import type { NodeObject, PodObject } from "../snapshot/objects.ts";
import { requests, testNode, testPod } from "../testing/objects.ts";
import { explainNow } from "./explain-now.ts";
import type { Scenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { clusterSvg } from "./svg/cluster-svg.ts";
import { podsLike, podsOfManifest } from "./templates.ts";
import { worldOf, type World } from "./world.ts";

function on(nodeName: string, pod: PodObject, owner?: string): PodObject {
  const ownerReferences =
    owner === undefined
      ? undefined
      : [{ apiVersion: "apps/v1", kind: owner, name: "o", uid: "o", controller: true }];
  return { ...pod, metadata: { ...pod.metadata, ownerReferences }, spec: { ...pod.spec, nodeName } };
}

const inZone = (name: string, zone: string, cpu = "4"): NodeObject =>
  testNode(name, { cpu }, { labels: { "topology.kubernetes.io/zone": zone } });

const small = requests("1", "1Gi");
const nodes = [inZone("n1", "a"), inZone("n2", "b")];

function run(world: Partial<World>, scenario: Scenario = {}) {
  const options = { profile: defaultProfile(), seed: 1 };
  return simulate({ nodes, pods: [], related: [], ...world }, scenario, options);
}

const placesOf = ({ placements }: ReturnType<typeof run>): string[] =>
  placements.map(({ pod, node, from }) => `${pod.metadata.name}: ${from ?? "-"} -> ${node}`);

describe("a simulation", () => {
  test("places what waits and what is added, and says why the rest does not fit", () => {
    const waiting = testPod("waiting", small);
    const added = podsLike(testPod("web", requests("2", "1Gi")), 4);
    const result = run({ pods: [waiting] }, { addPods: added });
    expect(result.placements).toHaveLength(4);
    expect(result.pending.map(({ pod, message }) => [pod.metadata.name, message])).toEqual([
      ["web-sim-4", "0/2 nodes are available: 2 Insufficient cpu."],
    ]);
    expect(result.before.total.requested.milliCpu).toBe(0);
    expect(result.after.total.requested).toMatchObject({ milliCpu: 7000, pods: 4 });
    expect(result.after.zones.map(({ name, nodes: count }) => [name, count])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  test("the same seed gives the same answer", () => {
    const addPods = podsLike(testPod("web", small), 6);
    expect(placesOf(run({}, { addPods }))).toEqual(placesOf(run({}, { addPods })));
  });

  test("drains: owned pods move, those of a DaemonSet stay, and nothing goes back", () => {
    const pods = [on("n1", testPod("a", small), "ReplicaSet"), on("n1", testPod("d", small), "DaemonSet")];
    const result = run({ pods }, { drain: ["n1"] });
    expect(placesOf(result)).toEqual(["a: n1 -> n2"]);
    expect(result.after.nodes.map(({ name, requested }) => [name, requested.pods])).toEqual([
      ["n1", 1],
      ["n2", 1],
    ]);
  });

  test("removes a node: what nobody makes anew is lost", () => {
    const pods = [on("n1", testPod("bare", small)), on("n1", testPod("owned", small), "ReplicaSet")];
    const result = run({ pods }, { removeNodes: ["n1"] });
    expect(placesOf(result)).toEqual(["owned: n1 -> n2"]);
    expect(result.lost.map(({ pod, why }) => [pod.metadata.name, why])).toEqual([
      ["bare", "its node is removed"],
    ]);
  });

  test("adds nodes like one that is there", () => {
    const labels = { "topology.kubernetes.io/zone": "c" };
    const result = run({}, { addNodes: { count: 2, like: nodes[0], allocatable: { cpu: "8" }, labels } });
    expect(result.after.nodes.filter(({ zone }) => zone === "c")).toMatchObject([
      { name: "new-1", offered: { milliCpu: 8000, pods: 110 } },
      { name: "new-2" },
    ]);
  });

  test("makes room for what is more important, and places the evicted anew", () => {
    const low = on("n1", testPod("low", requests("3", "1Gi")), "ReplicaSet");
    const filler = on("n2", testPod("filler", requests("2", "1Gi"), { priority: 20 }), "ReplicaSet");
    const high = testPod("high", requests("3", "1Gi"), { priority: 10 });
    const result = run({ pods: [low, filler] }, { addPods: [high] });
    expect(placesOf(result)).toEqual(["high: - -> n1"]);
    expect(result.pending).toMatchObject([
      { pod: { metadata: { name: "low" } }, from: "n1", cause: "preempted" },
    ]);
  });

  test("places everything anew", () => {
    const pods = ["a", "b", "c", "d"].map((name) => on("n1", testPod(name, small), "ReplicaSet"));
    const result = run({ pods }, { rescheduleAll: true });
    expect(result.after.nodes.map(({ requested }) => requested.pods)).toEqual([2, 2]);
  });

  test("refuses a node that is not there and too many of anything", () => {
    expect(() => run({}, { drain: ["n9"] })).toThrow("there is no node n9");
    expect(() => run({}, { addNodes: { count: 1e9 } })).toThrow("allowed 0 to 100000");
    expect(() => podsLike(testPod("p"), -1)).toThrow("allowed 0 to 100000");
  });
});

describe("pods of manifests", () => {
  test("a Deployment makes its replicas, a Service none", () => {
    const spec = {
      replicas: 3,
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [small] } },
    };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec };
    const pods = podsOfManifest(deployment, 2);
    expect(pods.map(({ metadata }) => metadata.name)).toEqual([
      "web-1",
      "web-2",
      "web-3",
      "web-4",
      "web-5",
      "web-6",
    ]);
    expect(pods[0]?.metadata.labels).toEqual({ app: "web" });
    expect(podsOfManifest({ apiVersion: "v1", kind: "Service", metadata: { name: "web" } })).toEqual([]);
  });

  test("a pod without containers is named", () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "odd" } };
    expect(() => podsOfManifest(pod)).toThrow("Pod odd has no containers");
    expect(() => worldOf([pod])).toThrow("pod odd has no spec.containers");
  });
});

describe("an explanation of now", () => {
  test("of a pod that has a node: beside the others, and where it is", () => {
    const pod = on("n1", testPod("p", small));
    const options = { seed: 1, decidedAt: "2026-01-01T00:00:00Z", nodeLimit: 10 };
    const spec = explainNow({ nodes, pods: [pod], related: [] }, pod, options);
    expect(spec).toMatchObject({ outcome: "Scheduled", node: "n1", feasibleNodes: 2, tie: { count: 2 } });
    expect(spec.suggestions).toBeUndefined();
  });

  test("of one that waits: with what would help", () => {
    const options = { seed: 1, decidedAt: "2026-01-01T00:00:00Z", nodeLimit: 10 };
    const spec = explainNow({ nodes, pods: [], related: [] }, testPod("p", requests("5", "1Gi")), options);
    expect(spec.suggestions?.map(({ summary }) => summary)).toContain("lower the cpu request from 5 to 4");
  });
});

test("the picture shows each node and pod, and nothing of a name becomes markup", () => {
  const odd = testPod("<script>", small);
  const result = run(
    { pods: [on("n1", odd)] },
    { addPods: podsLike(testPod("web", requests("9", "1Gi")), 2) },
  );
  const svg = clusterSvg([{ title: "", simulation: result }]);
  expect(svg).toContain("n1");
  expect(svg).toContain("pending · 2");
  expect(svg).toContain("default/&lt;script&gt;");
  expect(svg).not.toContain("<script");
});
