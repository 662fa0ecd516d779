import { describe, expect, test } from "vitest";
import { unschedulableMessage } from "./explain/message.ts";
import { readPod } from "./snapshot/pod-info.ts";
import { hostPort, requests, testBed, testNode, testPod } from "./testing/objects.ts";

const threeNodes = () => testBed(["node-1", "node-2", "node-3"].map((name) => testNode(name)));

function sayOf(bed: ReturnType<typeof testBed>, pod: ReturnType<typeof testPod>): string {
  const decision = bed.decider.decide(readPod(pod));
  return decision.chosen?.nodeName ?? unschedulableMessage(bed.cluster.nodeCount, decision.evaluation);
}

describe("a decision", () => {
  test("spreads pods over the emptiest nodes", () => {
    const bed = threeNodes();
    const counts = new Map<string, number>();
    for (let index = 0; index < 9; index++) {
      const pod = testPod(`p${index}`, requests("100m", "100Mi"));
      const nodeName = sayOf(bed, pod);
      bed.put(pod, nodeName);
      counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([3, 3, 3]);
  });

  test("draws among equals, the same with the same seed", () => {
    const nodes = Array.from({ length: 50 }, (_, index) => testNode(`n${index}`));
    const draw = (seed: number) => {
      const { decider } = testBed(nodes, undefined, seed);
      return decider.decide(readPod(testPod("p"))).chosen?.nodeName;
    };
    expect(draw(7)).toBe(draw(7));
    expect(new Set(Array.from({ length: 30 }, (_, seed) => draw(seed))).size).toBeGreaterThan(10);
  });

  test("says how many nodes gave which reason, in kube-scheduler's words and order", () => {
    const bed = testBed([
      testNode("a", { cpu: "100m" }),
      ...["b", "c"].map((name) => testNode(name)),
      testNode("d", {}, { unschedulable: true }),
    ]);
    for (const name of ["b", "c"]) bed.put(testPod(`web-${name}`, hostPort(8080)), name);
    const pod = testPod("p", { ...hostPort(8080), ...requests("500m", "1Mi") });
    expect(sayOf(bed, pod)).toBe(
      "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable, 2 node(s) didn't have free ports for the requested pod ports.",
    );
  });

  test("has words for a cluster without nodes", () => {
    expect(sayOf(testBed([]), testPod("p"))).toBe("no nodes available to schedule pods");
  });

  test("sees every change of the cluster, for pods of one kind too", () => {
    const bed = testBed([testNode("a")]);
    const like = (name: string) => testPod(name, hostPort(80));
    expect(sayOf(bed, like("first"))).toBe("a");
    const holder = bed.put(like("holder"), "a");
    expect(sayOf(bed, like("second"))).toContain("free ports");
    bed.cluster.setNode(testNode("b"));
    expect(sayOf(bed, like("third"))).toBe("b");
    bed.cluster.removeNode("b");
    expect(sayOf(bed, like("fourth"))).toContain("0/1");
    bed.cluster.removePod(holder.uid);
    expect(sayOf(bed, like("fifth"))).toBe("a");
  });

  test("keeps counting the pods of a node that goes and comes back", () => {
    const bed = testBed([testNode("a"), testNode("b")]);
    bed.put(testPod("holder", hostPort(80)), "a");
    bed.cluster.removeNode("a");
    bed.cluster.setNode(testNode("a"));
    bed.cluster.removeNode("b");
    expect(sayOf(bed, testPod("p", hostPort(80)))).toContain("free ports");
  });

  test("gives a pod whose quantities cannot be counted a reason of its own", () => {
    const bed = threeNodes();
    expect(sayOf(bed, testPod("p", requests("9000P", "1Gi")))).toContain("the pod asks for more cpu than");
    expect(sayOf(bed, testPod("q", requests("100m", "9E")))).toContain("more memory than can be counted");
    expect(sayOf(bed, testPod("r", requests("100m", "1Gi")))).toMatch(/^node-/);
  });
});

describe("room that is being made for a pod", () => {
  const priority = (value: number) => ({ priority: value });
  const one = (name: string, value: number) => readPod(testPod(name, requests("1", "1"), priority(value)));

  test("is left alone by pods of no higher priority, and taken by the pod itself", () => {
    const { cluster, decider } = testBed([testNode("a", { cpu: "1" }), testNode("b", { cpu: "4" })]);
    cluster.setNode(testNode("b", { cpu: "4" }, { unschedulable: true }));
    const expected = one("expected", 5);
    expect(decider.decide(one("before", 5)).chosen?.nodeName).toBe("a");
    expect(cluster.nominate(expected, "a")).toBe(true);
    expect(decider.decide(one("same", 5)).chosen).toBeUndefined();
    expect(decider.decide(one("lower", 4)).chosen).toBeUndefined();
    expect(decider.decide(one("higher", 6)).chosen?.nodeName).toBe("a");
    // Elsewhere it would fit better, but here room was made for it.
    cluster.setNode(testNode("b", { cpu: "4" }));
    expect(decider.decide(expected).chosen?.nodeName).toBe("a");
    cluster.unnominate(expected.uid);
    expect(decider.decide(one("other", 6)).chosen?.nodeName).toBe("b");
    expect([cluster.podCount, cluster.nominations.size]).toEqual([0, 0]);
  });

  test("is forgotten with its node", () => {
    const { cluster, decider } = testBed([testNode("a", { cpu: "1" })]);
    cluster.nominate(one("expected", 5), "a");
    cluster.removeNode("a");
    expect(cluster.nominate(one("expected", 5), "a")).toBe(false);
    cluster.setNode(testNode("b", { cpu: "1" }));
    expect(decider.decide(one("lower", 4)).chosen?.nodeName).toBe("b");
  });
});
