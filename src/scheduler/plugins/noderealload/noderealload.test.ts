import { describe, expect, test } from "vitest";
import { createProfile } from "../../framework/profile.ts";
import { Cluster } from "../../snapshot/cluster.ts";
import type { NodeMetricsObject } from "../../snapshot/loads.ts";
import type { QuantityMap } from "../../snapshot/objects.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { requests, testBed, testNode, testPod } from "../../testing/objects.ts";
import { defaultRealLoadArgs, nodeRealLoad, type RealLoadArgs } from "./noderealload.ts";

const node = testNode("a", {
  cpu: "4",
  memory: "1000",
  "ephemeral-storage": "1000",
  "nagi.dev/network-mbps": "1000",
});

function measureOn(cluster: Cluster, name: string, usage: QuantityMap): void {
  const metrics: NodeMetricsObject = { metadata: { name }, usage };
  cluster.related.set("NodeMetrics", metrics);
}

function clusterWith(usage: QuantityMap | undefined): Cluster {
  const cluster = new Cluster();
  cluster.setNode(node);
  if (usage !== undefined) measureOn(cluster, "a", usage);
  return cluster;
}

function verdict(cluster: Cluster, args: Partial<RealLoadArgs>, pod = testPod("p")) {
  const plugin = nodeRealLoad({ ...defaultRealLoadArgs, ...args });
  const prepared = plugin.preFilter?.(readPod(pod), cluster);
  if (prepared?.type !== "state") throw new Error("nothing to say");
  const detail = plugin.filter?.(prepared.state, 0, cluster) ?? 0;
  const reasons = plugin.reasons?.(prepared.state, detail, { row: 0, cluster }) ?? [];
  return reasons.map(({ text, detail: numbers }) => `${text} (${numbers})`);
}

function score(cluster: Cluster, resources: RealLoadArgs["resources"], pod = testPod("p")) {
  const plugin = nodeRealLoad({ ...defaultRealLoadArgs, resources });
  const prepared = plugin.preScore?.(readPod(pod), cluster);
  return prepared?.type === "state" ? plugin.score?.(prepared.state, 0, cluster) : undefined;
}

describe("thresholds", () => {
  const busy = {
    cpu: "3600m",
    memory: "950",
    "ephemeral-storage": "960",
    "nagi.dev/disk-busy-percent": "71",
    "nagi.dev/network-mbps": "801",
  };

  test("each says by how much", () => {
    const thresholds = { cpu: 80, memory: 90, disk: 95, diskTraffic: 70, network: 80 };
    expect(verdict(clusterWith(busy), { thresholds, countOthers: false })).toEqual([
      "node(s) had too much real load: cpu (cpu: 90% in use (3600m of 4), allowed 80%)",
      "node(s) had too much real load: memory (memory: 95% in use (950 of 1000), allowed 90%)",
      "node(s) had too much real load: disk (disk space: 96% in use (960 of 1000), allowed 95%)",
      "node(s) had too much real load: diskTraffic (the busiest disk works 71% of the time, allowed 70%)",
      "node(s) had too much real load: network (network: 80% of the traffic that it can take, allowed 80%)",
    ]);
  });

  test("what is not measured, or has no limit, keeps nobody off", () => {
    expect(verdict(clusterWith(undefined), { thresholds: { cpu: 1 } })).toEqual([]);
    expect(verdict(clusterWith({ memory: "10" }), { thresholds: { cpu: 1, network: 1 } })).toEqual([]);
    expect(verdict(clusterWith({ cpu: "lots" }), { thresholds: { cpu: 1 } })).toEqual([]);
    expect(verdict(clusterWith(busy), { thresholds: {} })).toEqual([]);
  });

  test("what the pod asks for counts too", () => {
    const cluster = clusterWith({ cpu: "3", memory: "500" });
    const thresholds = { cpu: 80 };
    expect(verdict(cluster, { thresholds }, testPod("p", requests("200m", "1")))).toEqual([]);
    expect(verdict(cluster, { thresholds }, testPod("p", requests("201m", "1")))).toHaveLength(1);
  });

  test("pods that were placed since the measurement count with their requests, until the next one", () => {
    const cluster = clusterWith({ cpu: "1" });
    const thresholds = { cpu: 50 };
    cluster.addPod(readPod(testPod("new", requests("1500m", "1"))), "a");
    expect(verdict(cluster, { thresholds })).toHaveLength(1);
    measureOn(cluster, "a", { cpu: "1100m" });
    expect(verdict(cluster, { thresholds })).toEqual([]);
    cluster.removePod("none");
    cluster.related.remove("NodeMetrics", "", "a");
    expect(verdict(cluster, { thresholds: { cpu: 1 } })).toEqual([]);
  });

  test("pods that use more than they asked for", () => {
    const cluster = clusterWith(undefined);
    cluster.addPod(readPod(testPod("h", requests("1", "100"))), "a");
    const usage = { cpu: "2", "nagi.dev/pods-cpu-average": "1600m", "nagi.dev/pods-memory-average": "50" };
    measureOn(cluster, "a", usage);
    expect(verdict(cluster, { thresholds: { overuse: 150 } })).toEqual([
      "node(s) had too much real load: overuse (its pods use 160% of what they asked for, allowed 150%)",
    ]);
    expect(score(cluster, [{ name: "overuse", weight: 1 }])).toBe(40);
  });
});

describe("other processes", () => {
  test("are taken off what the node offers", () => {
    const cluster = clusterWith(undefined);
    cluster.addPod(readPod(testPod("h", requests("1", "100"))), "a");
    const usage = { cpu: "2", memory: "450", "nagi.dev/pods-cpu": "500m", "nagi.dev/pods-memory": "150" };
    measureOn(cluster, "a", usage);
    expect(verdict(cluster, { thresholds: {} }, testPod("p", requests("1500m", "600")))).toEqual([]);
    expect(verdict(cluster, { thresholds: {} }, testPod("p", requests("1600m", "601")))).toEqual([
      "Insufficient cpu besides other processes (needs 1600m cpu, 1500m is left besides requests and the 1500m that processes outside of pods use)",
      "Insufficient memory besides other processes (needs 601 memory, 600 is left besides requests and the 300 that processes outside of pods use)",
    ]);
    expect(
      verdict(cluster, { thresholds: {}, countOthers: false }, testPod("p", requests("1600m", "1"))),
    ).toEqual([]);
  });
});

describe("the score", () => {
  test("is the free share of what is measured", () => {
    const cluster = clusterWith({ cpu: "1", memory: "500", "nagi.dev/disk-busy-percent": "20" });
    expect(score(cluster, [{ name: "cpu", weight: 1 }])).toBe(75);
    const all = [
      { name: "cpu", weight: 2 },
      { name: "memory", weight: 1 },
      { name: "diskTraffic", weight: 1 },
      { name: "network", weight: 9 },
    ] as const;
    expect(score(cluster, all, testPod("p", requests("1", "100")))).toBe(Math.trunc((2 * 50 + 40 + 80) / 4));
    expect(score(clusterWith(undefined), all)).toBe(50);
  });

  test("a changed measurement changes the choice", () => {
    const profile = createProfile("s", [{ plugin: nodeRealLoad(), weight: 1 }]);
    const { cluster, decider } = testBed([testNode("a"), testNode("b")], profile);
    const choose = () => decider.decide(readPod(testPod("p"))).chosen?.nodeName;
    const measure = (name: string, cpu: string) => measureOn(cluster, name, { cpu });
    measure("a", "3");
    measure("b", "1");
    expect(choose()).toBe("b");
    measure("b", "3900m");
    expect(choose()).toBe("a");
    cluster.setNode(testNode("c"));
    measure("c", "0");
    expect(choose()).toBe("c");
  });
});

test("a waiting pod is woken by a measurement that lets it in, of its node only", () => {
  const profile = createProfile("s", [{ plugin: nodeRealLoad(), weight: 1 }]);
  const { cluster, decider } = testBed([testNode("a"), testNode("b")], profile);
  const measure = (name: string, memory: string) => {
    const object = { metadata: { name }, usage: { memory } };
    const previous = cluster.related.set("NodeMetrics", object);
    return { type: "RelatedChanged", kind: "NodeMetrics", object, previous, isGone: false } as const;
  };
  for (const name of ["a", "b"]) measure(name, "8Gi");
  const pod = readPod(testPod("p", requests("1", "1Gi")));
  const rejectedBy = decider.rejectedBy(decider.decide(pod));
  expect(decider.couldHelp(measure("a", "7.9Gi"), pod, rejectedBy)).toBe(false);
  expect(decider.couldHelp(measure("nowhere", "1"), pod, rejectedBy)).toBe(false);
  expect(decider.couldHelp(measure("b", "1Gi"), pod, rejectedBy)).toBe(true);
});

test("network traffic is asked for as a resource or as an annotation", () => {
  const { decider, put } = testBed([testNode("a", { "nagi.dev/network-mbps": "1000" })]);
  const annotated = (mbps: string) => {
    const pod = testPod("p", requests("1m", "1"));
    const annotations = { "nagi.dev/network-mbps": mbps };
    return { ...pod, metadata: { ...pod.metadata, annotations } };
  };
  put(testPod("h", requests("1m", "1", { "nagi.dev/network-mbps": "600" })), "a");
  expect(decider.decide(readPod(annotated("400"))).chosen?.nodeName).toBe("a");
  expect(decider.decide(readPod(annotated("401"))).chosen).toBeUndefined();
  expect(readPod(annotated("fast")).fault).toContain("nagi.dev/network-mbps is not a quantity");
});
