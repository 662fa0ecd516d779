import { expect, test } from "vitest";
import { unschedulableMessage } from "../../explain/message.ts";
import { createProfile } from "../../framework/profile.ts";
import { FITS } from "../../framework/verdict.ts";
import { readSchedulerConfig } from "../../policy/read-config.ts";
import type { AffinityObject, NodeObject, PodAffinityTermObject, PodObject } from "../../snapshot/objects.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { requests, testBed, testNode, testPod } from "../../testing/objects.ts";
import { reasonAffinity, reasonAnti, reasonTheirs } from "./affinity-reasons.ts";
import { interPodAffinity } from "./interpodaffinity.ts";

const zoneKey = "topology.kubernetes.io/zone";
const zoned = (name: string, zone: string): NodeObject => testNode(name, {}, { labels: { [zoneKey]: zone } });
const nodes = [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b"), testNode("bare")];

const toDb: PodAffinityTermObject = {
  labelSelector: { matchLabels: { app: "db" } },
  topologyKey: zoneKey,
};
const near = (...terms: PodAffinityTermObject[]): AffinityObject => ({
  podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms },
});
const apart = (...terms: PodAffinityTermObject[]): AffinityObject => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms },
});

function app(
  name: string,
  labels: Record<string, string>,
  affinity?: AffinityObject,
  namespace = "default",
): PodObject {
  const pod = testPod(name, requests("100m", "100Mi"), { affinity });
  return { ...pod, metadata: { ...pod.metadata, namespace, labels } };
}

interface Case {
  readonly name: string;
  readonly present: readonly PodObject[];
  readonly pod: PodObject;
  readonly fits: readonly string[];
}

/** What is present is on node a1. */
test.each<Case>([
  { name: "affinity", present: [app("d", { app: "db" })], pod: app("w", {}, near(toDb)), fits: ["a1", "a2"] },
  { name: "affinity to nobody", present: [], pod: app("w", {}, near(toDb)), fits: [] },
  {
    name: "the first of a group of its own",
    present: [],
    pod: app("d", { app: "db" }, near(toDb)),
    fits: ["a1", "a2", "b1"],
  },
  {
    name: "the first of a group only as long as there is no other",
    present: [app("d", { app: "db" })],
    pod: app("d2", { app: "db" }, near({ ...toDb, topologyKey: "kubernetes.io/hostname" })),
    fits: ["a1"],
  },
  {
    name: "all terms by one pod",
    present: [app("d", { app: "db" }), app("c", { tier: "cache" })],
    pod: app(
      "w",
      {},
      near(toDb, { labelSelector: { matchLabels: { tier: "cache" } }, topologyKey: zoneKey }),
    ),
    fits: [],
  },
  {
    name: "anti-affinity",
    present: [app("d", { app: "db" })],
    pod: app("w", {}, apart(toDb)),
    fits: ["b1", "bare"],
  },
  {
    name: "anti-affinity of the pod that is there",
    present: [app("w", {}, apart(toDb))],
    pod: app("d", { app: "db" }),
    fits: ["b1", "bare"],
  },
  {
    name: "other namespaces only when named",
    present: [app("d", { app: "db" }, undefined, "other")],
    pod: app("w", {}, apart(toDb)),
    fits: ["a1", "a2", "b1", "bare"],
  },
  {
    name: "namespaces by name",
    present: [app("d", { app: "db" }, undefined, "other")],
    pod: app("w", {}, apart({ ...toDb, namespaces: ["other"] })),
    fits: ["b1", "bare"],
  },
  {
    name: "namespaces by label",
    present: [app("d", { app: "db" }, undefined, "other")],
    pod: app("w", {}, apart({ ...toDb, namespaceSelector: { matchLabels: { team: "x" } } })),
    fits: ["b1", "bare"],
  },
  {
    name: "the pod's own value of a label key",
    present: [app("d", { app: "db", version: "1" })],
    pod: app("w", { version: "2" }, apart({ ...toDb, matchLabelKeys: ["version"] })),
    fits: ["a1", "a2", "b1", "bare"],
  },
  {
    name: "not the pod's own value of a label key",
    present: [app("d", { app: "db", version: "1" })],
    pod: app("w", { version: "2" }, apart({ ...toDb, mismatchLabelKeys: ["version"] })),
    fits: ["b1", "bare"],
  },
])("takes into account: $name", ({ present, pod, fits }) => {
  const { cluster, decider, put } = testBed(nodes);
  cluster.related.set("Namespace", { metadata: { name: "other", labels: { team: "x" } } });
  for (const each of present) put(each, "a1");
  const { evaluation } = decider.decide(readPod(pod));
  const names = nodes.map(({ metadata }) => metadata.name ?? "");
  expect(names.filter((name) => evaluation.verdictOf(cluster.rowOf(name) ?? -1) === FITS)).toEqual(fits);
});

test("a namespace that gets other labels changes whom a term is about", () => {
  const { cluster, decider, put } = testBed(nodes);
  const term = { ...toDb, namespaceSelector: { matchLabels: { team: "x" } } };
  put(app("d", { app: "db" }, undefined, "other"), "a1");
  const pod = readPod(app("w", {}, near(term)));
  expect(decider.decide(pod).chosen).toBeUndefined();
  cluster.related.set("Namespace", { metadata: { name: "other", labels: { team: "x" } } });
  expect(decider.decide(pod).chosen?.nodeName).toMatch(/^a/);
  cluster.related.set("Namespace", { metadata: { name: "other", labels: { team: "y" } } });
  expect(decider.decide(pod).chosen).toBeUndefined();
});

test("pods of different labels share an evaluation until somebody's terms tell them apart", () => {
  const { decider, put } = testBed(nodes);
  const [one, two] = [readPod(app("one", { index: "1" })), readPod(app("two", { index: "2" }))];
  expect(decider.decide(one).evaluation).toBe(decider.decide(two).evaluation);
  put(app("w", {}, apart({ labelSelector: { matchLabels: { index: "1" } }, topologyKey: zoneKey })), "a1");
  expect(decider.decide(one).evaluation.ranking.size).toBe(2);
  expect(decider.decide(two).evaluation.ranking.size).toBe(4);
});

test("says why in Kubernetes' words, with the pods in the way", () => {
  const { cluster, decider, put } = testBed([
    zoned("a1", "a"),
    zoned("b1", "b"),
    zoned("c1", "c"),
    testNode("bare"),
  ]);
  put(app("c", { tier: "cache" }), "a1");
  put(
    app("lonely", {}, apart({ labelSelector: { matchLabels: { app: "web" } }, topologyKey: zoneKey })),
    "b1",
  );
  for (const [index, name] of ["a1", "b1"].entries()) put(app(`d${index}`, { app: "db" }), name);
  const noCache = { labelSelector: { matchLabels: { tier: "cache" } }, topologyKey: zoneKey };
  const decision = decider.decide(readPod(app("w", { app: "web" }, { ...near(toDb), ...apart(noCache) })));
  expect(unschedulableMessage(4, decision.evaluation)).toBe(
    `0/4 nodes are available: 1 ${reasonAnti}, 1 ${reasonTheirs}, 2 ${reasonAffinity}.`,
  );
  const filter = decision.evaluation.cycle.filters.find(({ plugin }) => plugin.name === "InterPodAffinity");
  const tell = (name: string): unknown => {
    const row = cluster.rowOf(name) ?? -1;
    const detail = filter?.plugin.filter?.(filter.state, row, cluster) ?? 0;
    const [reason] = filter?.plugin.reasons?.(filter.state, detail, { row, cluster }) ?? [];
    return [reason?.detail, reason?.holders];
  };
  expect(tell("a1")).toEqual([
    `1 pods with tier=cache of default are in ${zoneKey}=a, which the pod does not want near`,
    [{ pod: "default/c" }],
  ]);
  expect(tell("b1")).toEqual([
    `1 pods in ${zoneKey}=b do not want pods with app=web of default near`,
    [{ pod: "default/lonely" }],
  ]);
  expect(tell("c1")).toEqual([`no pod with app=db of default in ${zoneKey}=c; they are in a, b`, undefined]);
  expect(tell("bare")).toEqual([`the node has no label ${zoneKey}`, undefined]);
});

test("wishes count on both sides, and required affinity of pods that are there by its weight", () => {
  const term = { labelSelector: { matchLabels: { app: "web" } }, topologyKey: zoneKey };
  const wish: AffinityObject = {
    podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 7, podAffinityTerm: toDb }] },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, podAffinityTerm: term }],
    },
  };
  const totals = (weight: number): number[] => {
    const plugin = interPodAffinity({
      hardPodAffinityWeight: weight,
      ignorePreferredTermsOfExistingPods: false,
    });
    const { cluster, decider, put } = testBed(nodes, createProfile("p", [{ plugin, weight: 1 }]));
    put(app("d", { app: "db" }, near(term)), "a1");
    put(app("w1", { app: "web" }, wish), "b1");
    const { evaluation } = decider.decide(readPod(app("w2", { app: "web" }, wish)));
    return ["a1", "b1", "bare"].map((name) => evaluation.ranking.totalOf(cluster.rowOf(name) ?? -1));
  };
  // 7 in zone a and minus 10 in zone b, from 0 for neither.
  expect(totals(0)).toEqual([100, 0, 58]);
  expect(totals(50)).toEqual([100, 0, 14]);
});

test("a waiting pod is woken by pods that its terms, or whose terms, are about", () => {
  const { decider, put } = testBed([zoned("a1", "a")]);
  const present = put(app("d", { app: "db" }), "a1");
  const other = put(app("o", { app: "other" }), "a1");
  const helps = (waiting: PodObject) => {
    const pod = readPod(waiting);
    const rejectedBy = decider.rejectedBy(decider.decide(pod));
    return (["PodAdded", "PodRemoved"] as const).flatMap((type) =>
      [present, other].map((each) => decider.couldHelp({ type, row: 0, pod: each }, pod, rejectedBy)),
    );
  };
  expect(helps(app("w", {}, apart(toDb)))).toEqual([false, false, true, false]);
  expect(helps(app("w", {}, near({ ...toDb, topologyKey: "rack" })))).toEqual([true, false, true, false]);
});

test("takes its arguments from the configuration", () => {
  const config = (args: object): string =>
    JSON.stringify({
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      profiles: [{ pluginConfig: [{ name: "InterPodAffinity", args }] }],
    });
  const [profile] = readSchedulerConfig(config({ hardPodAffinityWeight: 100 })).profiles;
  expect(profile?.plugins.find(({ plugin }) => plugin.name === "InterPodAffinity")?.weight).toBe(2);
  expect(() => readSchedulerConfig(config({ hardPodAffinityWeight: 101 }))).toThrow("hardPodAffinityWeight");
});
