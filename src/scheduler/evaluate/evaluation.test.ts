import { expect, test } from "vitest";
import { seededRandom } from "../../lib/random.ts";
import { Decider } from "../decide.ts";
import { readPod } from "../snapshot/pod-info.ts";
import { requests, testBed, testNode, testPod } from "../testing/objects.ts";
import { RankedRows, Ranking } from "./ranking.ts";

const unwanted = (...keys: string[]) => ({
  taints: keys.map((key) => ({ key, value: "x", effect: "PreferNoSchedule" })),
});

test("a score that is relative to the worst node moves for all when the worst node goes", () => {
  const nodes = ["c", "d", "e"].map((name) => testNode(name));
  const { cluster, decider } = testBed([
    testNode("a", {}, unwanted("one", "two")),
    testNode("b", {}, unwanted("one")),
    ...nodes,
  ]);
  const pod = readPod(testPod("p", requests("100m", "100Mi")));
  const totalOfB = () => decider.decide(pod).evaluation.ranking.totalOf(cluster.rowOf("b") ?? -1);
  const before = totalOfB();
  cluster.removeNode("a");
  expect(totalOfB()).toBe(before - 150);
  cluster.setNode(testNode("a", {}, unwanted("one", "two")));
  expect(totalOfB()).toBe(before);
});

test("an evaluation that was not used for longer than the log goes back sees everything anew", () => {
  const { cluster, decider } = testBed(["a", "b"].map((name) => testNode(name)));
  const pod = readPod(testPod("p", requests("3", "1Gi")));
  expect(decider.decide(pod).evaluation.ranking.size).toBe(2);
  const other = readPod(testPod("q", requests("2", "1Gi")));
  for (let index = 0; index < 70_000; index++) {
    cluster.addPod(other, "a");
    cluster.removePod(other.uid);
  }
  cluster.addPod(other, "b");
  expect(decider.decide(pod).chosen?.nodeName).toBe("a");
});

test("labels and taints of many nodes that come and go do not mix up their numbers", () => {
  const { cluster, decider } = testBed([testNode("stays", {}, { labels: { zone: "a" } })]);
  const pod = readPod(testPod("p", {}, { nodeSelector: { zone: "a" } }));
  expect(decider.decide(pod).chosen?.nodeName).toBe("stays");
  for (let index = 0; index < 6000; index++) {
    const taints = [{ key: "k", value: String(index), effect: "NoSchedule" }];
    cluster.setNode(testNode("churns", {}, { labels: { zone: `z${index}` }, taints }));
  }
  expect(cluster.layout).toBeGreaterThan(0);
  expect(decider.decide(pod).chosen?.nodeName).toBe("stays");
  cluster.setNode(testNode("churns", {}, { labels: { zone: "a" } }));
  cluster.removeNode("stays");
  expect(decider.decide(pod).chosen?.nodeName).toBe("churns");
});

test("more kinds of pods than are kept, and ones with too much to say, are all judged as by a fresh decider", () => {
  const { cluster, decider } = testBed(["a", "b", "c"].map((name) => testNode(name, { cpu: "400" })));
  const long = Array.from({ length: 600 }, (_, index) => ({ key: `key-${index}`, operator: "Exists" }));
  for (let index = 0; index < 700; index++) {
    const tolerations = index % 50 === 49 ? long : [];
    const object = testPod(`p${index}`, requests(`${1 + (index % 300)}m`, "1Mi"), { tolerations });
    const pod = readPod(object);
    const fresh = new Decider({ profile: decider.profile, cluster, random: seededRandom(1) }).decide(pod);
    const kept = decider.decide(pod);
    const totals = ({ evaluation }: typeof kept) => [0, 1, 2].map((row) => evaluation.ranking.totalOf(row));
    expect(totals(kept)).toEqual(totals(fresh));
    if (kept.chosen !== undefined) cluster.addPod(pod, kept.chosen.nodeName);
  }
});

test("the ranking keeps rows in their order", () => {
  const rows = new RankedRows();
  rows.reset(100);
  const ranking = new Ranking(1000, rows);
  for (let row = 0; row < 100; row++) ranking.set(row, row < 4 ? 900 : row);
  expect([0, 1, 2, 3].map((index) => ranking.bestRow(index))).toEqual([0, 1, 2, 3]);
  expect(ranking.top(6)).toEqual([0, 1, 2, 3, 99, 98]);
  for (const row of [0, 1, 2, 3]) ranking.remove(row);
  expect([ranking.best, ranking.ties, ranking.size]).toEqual([99, 1, 96]);
  for (let row = 4; row < 100; row++) ranking.remove(row);
  expect([ranking.best, ranking.bestRow(0), ranking.size]).toEqual([-1, -1, 0]);
});

test("each of the best nodes is drawn as often as the others, in whatever zone they are", () => {
  const labels = (zone: string) => ({ labels: { "topology.kubernetes.io/zone": zone } });
  const nodes = ["a", "a", "a", "b", "b", "b"].map((zone, index) => testNode(`n${index}`, {}, labels(zone)));
  const { decider } = testBed([...nodes, testNode("n6")]);
  const topologySpreadConstraints = [
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
  ];
  const pod = readPod(testPod("p", {}, { topologySpreadConstraints }));
  const drawn = new Map<string, number>();
  for (let index = 0; index < 6000; index++) {
    const name = decider.decide(pod).chosen?.nodeName ?? "";
    drawn.set(name, (drawn.get(name) ?? 0) + 1);
  }
  expect([...drawn.keys()].sort()).toEqual(["n0", "n1", "n2", "n3", "n4", "n5"]);
  for (const count of drawn.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
