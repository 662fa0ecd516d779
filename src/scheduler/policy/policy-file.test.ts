import { describe, expect, test } from "vitest";
import type { Profile } from "../framework/profile.ts";
import { hostPort, requests, testBed, testNode, testPod } from "../testing/objects.ts";
import { readPod } from "../snapshot/pod-info.ts";
import { readSchedulerConfig } from "./read-config.ts";

function profileOf(policy: object): Profile {
  const { profiles } = readSchedulerConfig(JSON.stringify({ kind: "Policy", apiVersion: "v1", ...policy }));
  const [profile] = profiles;
  if (profile === undefined) throw new Error("no profile");
  return profile;
}

const filtersOf = ({ plugins }: Profile) =>
  plugins.flatMap(({ plugin }) => (plugin.filter === undefined ? [] : [plugin.name]));
const scoresOf = ({ plugins }: Profile) =>
  Object.fromEntries(
    plugins.flatMap(({ plugin, weight }) => (plugin.score === undefined ? [] : [[plugin.name, weight]])),
  );

function problemOf(policy: object): string {
  try {
    profileOf(policy);
    return "none";
  } catch (error) {
    return String(error);
  }
}

describe("a policy file", () => {
  test("has the file's names, in the fixed order, besides what is always looked at", () => {
    const profile = profileOf({
      predicates: [{ name: "PodFitsResources" }, { name: "PodFitsPorts" }, { name: "HostName" }],
      priorities: [
        { name: "LeastRequestedPriority", weight: 1 },
        { name: "EqualPriority", weight: 2 },
      ],
    });
    expect(filtersOf(profile)).toEqual([
      "CheckNodeUnschedulable",
      "HostName",
      "PodFitsPorts",
      "PodFitsResources",
      "PodToleratesNodeTaints",
    ]);
    expect(scoresOf(profile)).toEqual({ LeastRequestedPriority: 1, EqualPriority: 2 });
  });

  test("GeneralPredicates are four rules, each once", () => {
    const profile = profileOf({ predicates: [{ name: "GeneralPredicates" }, { name: "PodFitsHostPorts" }] });
    expect(filtersOf(profile)).toEqual([
      "CheckNodeUnschedulable",
      "NodeName",
      "NodePorts",
      "NodeAffinity",
      "NodeResourcesFit",
      "PodToleratesNodeTaints",
    ]);
  });

  test("a rule that is not listed is not asked; nothing listed means OpenShift's own", () => {
    const lax = testBed([testNode("a", { cpu: "1" })], profileOf({ predicates: [], priorities: [] }));
    const large = readPod(testPod("p", requests("9", "1")));
    expect(lax.decider.decide(large).chosen?.nodeName).toBe("a");
    const own = testBed([testNode("a", { cpu: "1" })], profileOf({}));
    expect(own.decider.decide(large).chosen).toBeUndefined();
    own.put(testPod("h", hostPort(80)), "a");
    expect(own.decider.decide(readPod(testPod("q", hostPort(80)))).chosen).toBeUndefined();
    expect(own.decider.decide(readPod(testPod("q", hostPort(81)))).chosen?.nodeName).toBe("a");
  });

  test("scores from 0 to 10, times the weight", () => {
    const profile = profileOf({
      predicates: [],
      priorities: [
        { name: "LeastRequestedPriority", weight: 3 },
        { name: "NodeAffinityPriority", weight: 1 },
        { name: "TaintTolerationPriority", weight: 1 },
      ],
    });
    const taint = { key: "soft", effect: "PreferNoSchedule" };
    const nodes = [
      testNode("a", {}, { labels: { disk: "ssd" } }),
      testNode("b", {}, { taints: [taint, { ...taint, key: "other" }] }),
      testNode("c", {}, { taints: [taint] }),
    ];
    const { decider } = testBed(nodes, profile);
    const weighted = (weight: number, value: string) => ({
      weight,
      preference: { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [value] }] },
    });
    const preferred = [weighted(55, "c"), weighted(100, "a")];
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } };
    const { evaluation } = decider.decide(readPod(testPod("p", requests("1", "2Gi"), { affinity })));
    const totals = [0, 1, 2].map((row) => evaluation.ranking.totalOf(row));
    // Free: 7 of cpu and 7 of memory. Affinity: 10, 0, 5. Taints: 10, 0, 5.
    expect(totals).toEqual([3 * 7 + 10 + 10, 3 * 7, 3 * 7 + 5 + 5]);
  });

  test("chance chooses among the best", () => {
    const profile = profileOf({ predicates: [], priorities: [{ name: "EqualPriority", weight: 1 }] });
    const { decider } = testBed([testNode("a"), testNode("b"), testNode("c")], profile);
    const pod = readPod(testPod("p"));
    const chosen = new Set(Array.from({ length: 60 }, () => decider.decide(pod).chosen?.row));
    expect([...chosen].toSorted((a = -1, b = -1) => a - b)).toEqual([0, 1, 2]);
  });

  test("labels that must be there, must not be there, and had better be there", () => {
    const profile = profileOf({
      predicates: [
        { name: "InARack", argument: { labelsPresence: { labels: ["rack", "row"], presence: true } } },
        { name: "NotRetiring", argument: { labelsPresence: { labels: ["retiring"], presence: false } } },
      ],
      priorities: [
        { name: "Ssd", weight: 2, argument: { labelPreference: { label: "ssd", presence: true } } },
        { name: "Quiet", weight: 1, argument: { labelPreference: { label: "loud", presence: false } } },
      ],
    });
    const rack = { rack: "1", row: "" };
    const nodes = [
      testNode("half", {}, { labels: { rack: "1" } }),
      testNode("retiring", {}, { labels: { ...rack, retiring: "2027" } }),
      testNode("plain", {}, { labels: rack }),
      testNode("loud", {}, { labels: { ...rack, loud: "", ssd: "false" } }),
    ];
    const { decider, cluster } = testBed(nodes, profile);
    const { evaluation, chosen } = decider.decide(readPod(testPod("p")));
    expect(nodes.map((_node, row) => evaluation.ranking.totalOf(row))).toEqual([-1, -1, 10, 20]);
    expect(chosen?.nodeName).toBe("loud");
    const place = profile.plugins.findIndex(({ plugin }) => plugin.name === "InARack");
    const filter = evaluation.cycle.filterAt(place);
    expect(filter?.plugin.reasons?.(filter.state, 1, { row: 0, cluster })).toEqual([
      {
        text: "node(s) didn't have the requested labels",
        detail: "the node has no label row",
        resolvable: false,
      },
    ]);
  });

  test("a curve over the used share", () => {
    const shape = [
      { utilization: 0, score: 0 },
      { utilization: 100, score: 10 },
    ];
    const argument = { requestedToCapacityRatioArguments: { shape, resources: [{ name: "cpu" }] } };
    const profile = profileOf({ predicates: [], priorities: [{ name: "Pack", weight: 1, argument }] });
    const { decider } = testBed([testNode("a")], profile);
    const { evaluation } = decider.decide(readPod(testPod("p", requests("1", "1"))));
    expect(evaluation.ranking.totalOf(0)).toBe(2);
  });

  test("extenders go on as they are", () => {
    const config = readSchedulerConfig(
      JSON.stringify({
        kind: "Policy",
        apiVersion: "v1",
        extenders: [
          {
            urlPrefix: "http://127.0.0.1:12346/scheduler",
            apiVersion: "v1beta1",
            filterVerb: "filter",
            prioritizeVerb: "prioritize",
            weight: 5,
            enableHttps: false,
            httpTimeout: 1_500_000_000,
          },
        ],
      }),
    );
    expect(config.extenders[0]).toMatchObject({ weight: 5, timeoutMs: 1500 });
  });
});

describe("what is wrong with a policy", () => {
  test.each([
    [
      { predicates: [{ name: "PodFitsPort" }] },
      'predicates[0].name: Unsupported value: "PodFitsPort": supported values: "CheckNodeUnschedulable"',
    ],
    [
      { priorities: [{ name: "LeastRequestedPriority" }] },
      "priorities[0].weight: Invalid value: 0: priority LeastRequestedPriority should have a positive weight",
    ],
    [{ priorities: [{ name: "Best", weight: 1 }] }, 'priorities[0].name: Unsupported value: "Best"'],
    [
      { predicates: [{ name: "Zone", argument: {} }] },
      "predicates[0].argument: Invalid value: {}: exactly 1 predicate argument is required, given: none",
    ],
    [
      { predicates: [{ name: "Zone", argument: { labelsPresence: { presence: true } } }] },
      "predicates[0].argument.labelsPresence.labels: Required value",
    ],
    [
      { predicates: [{ name: "HostName" }, { name: "HostName" }] },
      'predicates[1].name: Duplicate value: "HostName"',
    ],
    [{ apiVersion: "v2" }, 'apiVersion: Unsupported value: "v2": supported values: "v1"'],
    [{ extenders: [{ urlPrefix: "x" }] }, 'extenders[0].urlPrefix: Invalid value: "x"'],
  ])("%j", (policy, expected) => {
    expect(problemOf(policy)).toContain(expected);
  });
});
