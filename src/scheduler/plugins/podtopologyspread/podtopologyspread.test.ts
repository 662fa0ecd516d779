import { expect, test } from "vitest";
import { unschedulableMessage } from "../../explain/message.ts";
import { readSchedulerConfig } from "../../policy/read-config.ts";
import type { NodeObject, PodObject, SpreadConstraintObject } from "../../snapshot/objects.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { requests, testBed, testNode, testPod } from "../../testing/objects.ts";
import { reasonMissing, reasonSkew } from "./spread-reasons.ts";

const zoneKey = "topology.kubernetes.io/zone";

function zoned(name: string, zone: string, more: Parameters<typeof testNode>[2] = {}): NodeObject {
  return testNode(name, {}, { ...more, labels: { [zoneKey]: zone, ...more.labels } });
}

const byZone: SpreadConstraintObject = {
  maxSkew: 1,
  topologyKey: zoneKey,
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchLabels: { app: "web" } },
};

function web(name: string, constraint: Partial<SpreadConstraintObject> = {}, labels = {}): PodObject {
  const pod = testPod(name, requests("100m", "100Mi"), {
    topologySpreadConstraints: [{ ...byZone, ...constraint }],
  });
  return { ...pod, metadata: { ...pod.metadata, labels: { app: "web", ...labels } } };
}

interface Case {
  readonly name: string;
  readonly constraint?: Partial<SpreadConstraintObject>;
  readonly labels?: Record<string, string>;
  readonly nodes?: readonly NodeObject[];
  readonly fits: readonly string[];
}

/** Two in zone a, one in zone b. */
const three = [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b")];

test.each<Case>([
  { name: "the emptier zone", fits: ["b1"] },
  { name: "a larger skew", constraint: { maxSkew: 2 }, fits: ["a1", "a2", "b1"] },
  { name: "an empty zone that makes the others too full", nodes: [...three, zoned("c1", "c")], fits: ["c1"] },
  { name: "fewer domains than wanted", constraint: { minDomains: 3 }, fits: [] },
  {
    name: "only pods of the same version",
    constraint: { matchLabelKeys: ["version"] },
    labels: { version: "2" },
    fits: ["a1", "a2", "b1"],
  },
  {
    name: "a pod that is not counted itself",
    constraint: { labelSelector: { matchLabels: { app: "db" } } },
    fits: ["a1", "a2", "b1"],
  },
  { name: "nodes without the label", nodes: [...three, testNode("bare")], fits: ["b1"] },
])("takes into account: $name", ({ constraint, labels, nodes = three, fits }) => {
  const { cluster, decider, put } = testBed(nodes);
  put(web("w1"), "a1");
  put(web("w2"), "a2");
  put(web("w3"), "b1");
  const { evaluation } = decider.decide(readPod(web("new", constraint, labels)));
  const fitting = nodes
    .map(({ metadata }) => metadata.name ?? "")
    .filter((name) => {
      return evaluation.verdictOf(cluster.rowOf(name) ?? -1) === 0;
    });
  expect(fitting).toEqual(fits);
});

test("says why in Kubernetes' words, with the numbers and the pods in the way", () => {
  const { cluster, decider, put } = testBed([
    zoned("a1", "a"),
    zoned("b1", "b", { unschedulable: true }),
    testNode("bare"),
  ]);
  put(web("w1"), "a1");
  const decision = decider.decide(readPod(web("new")));
  expect(unschedulableMessage(3, decision.evaluation)).toBe(
    `0/3 nodes are available: 1 ${reasonSkew}, 1 ${reasonMissing}, 1 node(s) were unschedulable.`,
  );
  const row = cluster.rowOf("a1") ?? -1;
  const filter = decision.evaluation.cycle.filters.find(({ plugin }) => plugin.name === "PodTopologySpread");
  const [reason] = filter?.plugin.reasons?.(filter.state, 2, { row, cluster }) ?? [];
  expect(reason?.detail).toBe(
    `${zoneKey}=a has 1 pods with app=web, the emptiest domain 0; with this pod the skew would be 2, allowed 1 (a 1, b 0)`,
  );
  expect(reason?.holders).toEqual([{ pod: "default/w1" }]);
});

test("the pods of a service are spread over hosts and zones without asking for it", () => {
  const { cluster, decider, put } = testBed([zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b")]);
  const plain = (name: string): PodObject => {
    const pod = web(name);
    return { ...pod, spec: { ...pod.spec, topologySpreadConstraints: undefined } };
  };
  put(plain("w1"), "a1");
  cluster.related.set("Service", {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" } },
  } as never);
  expect(decider.decide(readPod(plain("new"))).chosen?.nodeName).toBe("b1");
});

test("a waiting pod is woken by pods that could change the skew, and by no others", () => {
  const { cluster, decider, put } = testBed([zoned("a1", "a"), zoned("b1", "b", { unschedulable: true })]);
  const present = put(web("w1"), "a1");
  const waiting = readPod(web("new"));
  const rejectedBy = decider.rejectedBy(decider.decide(waiting));
  const other = put(testPod("other"), "a1");
  const helps = (type: "PodAdded" | "PodRemoved", pod: typeof other) =>
    decider.couldHelp({ type, row: 0, pod }, waiting, rejectedBy);
  expect([helps("PodAdded", other), helps("PodRemoved", other)]).toEqual([false, false]);
  expect([helps("PodAdded", present), helps("PodRemoved", present)]).toEqual([true, true]);
  const node = cluster.node(1) as NodeObject;
  expect(decider.couldHelp({ type: "NodeRemoved", node }, waiting, rejectedBy)).toBe(true);
});

test("default constraints of a configuration are demands where they say so, and are checked", () => {
  const config = (args: object): string =>
    JSON.stringify({
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      profiles: [{ pluginConfig: [{ name: "PodTopologySpread", args }] }],
    });
  const constraint = { maxSkew: 1, topologyKey: zoneKey, whenUnsatisfiable: "DoNotSchedule" };
  const [profile] = readSchedulerConfig(
    config({ defaultingType: "List", defaultConstraints: [constraint] }),
  ).profiles;
  expect(profile?.plugins.find(({ plugin }) => plugin.name === "PodTopologySpread")?.weight).toBe(2);
  const bad = (args: object) => () => readSchedulerConfig(config(args));
  expect(bad({ defaultConstraints: [constraint] })).toThrow("must be empty when defaultingType is System");
  expect(bad({ defaultingType: "List", defaultConstraints: [constraint, constraint] })).toThrow("Duplicate");
  expect(bad({ defaultingType: "List", defaultConstraints: [byZone] })).toThrow("must not define a selector");
  expect(bad({ defaultingType: "Some" })).toThrow("defaultingType");
});
