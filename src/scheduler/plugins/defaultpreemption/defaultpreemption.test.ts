import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../lib/random.ts";
import type { PodObject } from "../../snapshot/objects.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { hostPort, requests, testBed, testNode, testPod, type Bed } from "../../testing/objects.ts";
import { PreemptionSearch } from "./defaultpreemption.ts";

interface Small {
  readonly name: string;
  readonly node: string;
  readonly cpu?: string;
  readonly priority?: number;
  readonly start?: number;
  readonly labels?: Record<string, string>;
  readonly deleting?: boolean;
}

function small({ name, cpu = "1", priority = 0, start, labels, deleting = false }: Small): PodObject {
  const { metadata, spec } = testPod(name, requests(cpu, "1"), { priority });
  const startTime = start === undefined ? undefined : new Date(start * 1000).toISOString();
  const conditions = [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }];
  const deletionTimestamp = deleting ? "2026-01-01T00:00:00Z" : undefined;
  return {
    metadata: { ...metadata, labels, deletionTimestamp },
    spec,
    status: { startTime, conditions: deleting ? conditions : [] },
  };
}

function filled(pods: readonly Small[], cpus: Record<string, string> = { a: "2", b: "2" }): Bed {
  const bed = testBed(Object.entries(cpus).map(([name, cpu]) => testNode(name, { cpu })));
  for (const pod of pods) bed.put(small(pod), pod.node);
  return bed;
}

const wanting = (cpu: string, priority = 10, spec: Partial<PodObject["spec"]> = {}): PodObject =>
  testPod("preemptor", requests(cpu, "1"), { priority, ...spec });

/** `node: victims`, or what is said. */
function found(bed: Bed, pod: PodObject, search = new PreemptionSearch()): string {
  const decision = bed.decider.decide(readPod(pod));
  expect(decision.chosen).toBeUndefined();
  const { message, nomination } = search.find(bed.decider.attempt(decision, () => false));
  if (nomination === undefined) return message;
  return `${nomination.nodeName}: ${nomination.victims.map(({ name }) => name).join(" ")}`;
}

describe("the victims of a node", () => {
  test.each<{ name: string; pods: Small[]; pod: PodObject; expected: string }>([
    {
      name: "are no more than needed, the least important first",
      pods: [
        { name: "low", node: "a", priority: 1 },
        { name: "mid", node: "a", priority: 5 },
      ],
      pod: wanting("1"),
      expected: "a: low",
    },
    {
      name: "are the last started among equals",
      pods: [
        { name: "new", node: "a", start: 20 },
        { name: "old", node: "a", start: 10 },
      ],
      pod: wanting("1"),
      expected: "a: new",
    },
    {
      name: "have a lower priority, never the same",
      pods: [{ name: "same", node: "a", cpu: "2", priority: 10 }],
      pod: wanting("1"),
      expected: "",
    },
    {
      name: "are none where their leaving is not enough",
      pods: [
        { name: "high", node: "a", priority: 50 },
        { name: "low", node: "a" },
      ],
      pod: wanting("2"),
      expected: "preemption: 0/1 nodes are available: 1 Insufficient cpu.",
    },
    {
      name: "are none where no leaving helps",
      pods: [{ name: "low", node: "a" }],
      pod: wanting("3"),
      expected: "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    },
    {
      name: "are the important one when only its leaving helps",
      pods: [
        { name: "large", node: "a", cpu: "1500m", priority: 5 },
        { name: "little", node: "a", cpu: "500m" },
      ],
      pod: wanting("1500m"),
      expected: "a: large",
    },
  ])("$name", ({ pods, pod, expected }) => {
    expect(found(filled(pods, { a: "2" }), pod)).toBe(expected);
  });

  test("can be whoever holds a port", () => {
    const bed = testBed([testNode("a")]);
    bed.put(testPod("other", hostPort(81)), "a");
    bed.put(testPod("holder", hostPort(80)), "a");
    expect(found(bed, testPod("p", hostPort(80), { priority: 1 }))).toBe("a: holder");
  });
});

describe("the node", () => {
  const one = (node: string, extras: Partial<Small> = {}): Small => ({
    name: `on-${node}`,
    node,
    cpu: "2",
    ...extras,
  });
  const two = (node: string, extras: Partial<Small> = {}): Small[] =>
    ["x", "y"].map((suffix) => ({ name: `${suffix}-${node}`, node, ...extras }));

  test.each<{ name: string; pods: Small[]; expected: string }>([
    {
      name: "with the lowest highest victim",
      pods: [one("a", { priority: 6 }), ...two("b", { priority: 5 })],
      expected: "b: x-b y-b",
    },
    {
      name: "with the smallest sum of priorities",
      pods: [
        ...two("a", { priority: 5 }),
        { name: "x-b", node: "b", priority: 5 },
        { name: "y-b", node: "b", priority: 4 },
      ],
      expected: "b: x-b y-b",
    },
    {
      name: "with the fewest victims, though negative priorities add up to less",
      pods: [...two("a", { priority: -5 }), one("b", { priority: -5 })],
      expected: "b: on-b",
    },
    {
      name: "whose highest victim started last",
      pods: [one("a", { start: 10 }), one("b", { start: 20 })],
      expected: "b: on-b",
    },
    { name: "that comes first", pods: [one("a"), one("b")], expected: "a: on-a" },
  ])("$name", ({ pods, expected }) => {
    expect(found(filled(pods), wanting("2"))).toBe(expected);
  });
});

describe("disruption budgets", () => {
  const budget = (allowed: number, matchLabels: Record<string, string> = { app: "x" }) => ({
    metadata: { name: "budget", namespace: "default" },
    spec: { selector: { matchLabels } },
    status: { disruptionsAllowed: allowed },
  });
  const pods: Small[] = [
    { name: "kept", node: "a", cpu: "2", labels: { app: "x" } },
    { name: "free", node: "b", cpu: "2", priority: 5, labels: { app: "y" } },
  ];

  test("are kept where that is possible, and a change of one is seen", () => {
    const bed = filled(pods);
    const search = new PreemptionSearch();
    const say = () => found(bed, wanting("2"), search);
    expect(say()).toBe("a: kept");
    bed.cluster.related.set("PodDisruptionBudget", budget(0));
    expect(say()).toBe("b: free");
    bed.cluster.related.set("PodDisruptionBudget", budget(1));
    expect(say()).toBe("a: kept");
    bed.cluster.related.set("PodDisruptionBudget", budget(0, { app: "y" }));
    expect(say()).toBe("a: kept");
    bed.cluster.related.set("PodDisruptionBudget", budget(0, {}));
    expect(say()).toBe("a: kept");
    bed.cluster.related.set("PodDisruptionBudget", budget(0));
    bed.cluster.related.remove("PodDisruptionBudget", "default", "budget");
    expect(say()).toBe("a: kept");
  });

  test("spare the pods they protect though others are more important", () => {
    const bed = filled([
      { name: "kept", node: "a", labels: { app: "x" } },
      { name: "important", node: "a", priority: 9 },
    ]);
    bed.cluster.related.set("PodDisruptionBudget", budget(0));
    bed.cluster.setNode(testNode("b", { cpu: "0" }));
    expect(found(bed, wanting("1"))).toBe("a: important");
  });

  test("count every pod that goes", () => {
    const bed = filled([
      ...["p", "q"].map((name) => ({ name, node: "a", labels: { app: "x" } })),
      { name: "r", node: "b", cpu: "2", priority: 5 },
    ]);
    bed.cluster.related.set("PodDisruptionBudget", budget(1));
    expect(found(bed, wanting("2"))).toBe("b: r");
  });
});

describe("who may not preempt", () => {
  const full: Small[] = [{ name: "low", node: "a", cpu: "2" }];

  test("a pod that says so", () => {
    const pod = wanting("1", 10, { preemptionPolicy: "Never" });
    expect(found(filled(full, { a: "2" }), pod)).toBe(
      "preemption: not eligible due to preemptionPolicy=Never.",
    );
  });

  test("a pod whose victims are still on their way out", () => {
    const bed = filled([{ name: "low", node: "a", cpu: "2", deleting: true }], { a: "2" });
    const pod = readPod(wanting("1"));
    bed.cluster.nominate(pod, "a");
    const decision = bed.decider.decide(pod);
    const { message } = new PreemptionSearch().find(bed.decider.attempt(decision, () => false));
    expect(message).toBe("preemption: not eligible due to a terminating pod on the nominated node.");
    expect(bed.cluster.nominations.size).toBe(1);
  });

  test("a pod whose victims are being evicted by this scheduler", () => {
    const bed = filled(full, { a: "2" });
    const pod = readPod(wanting("1"));
    bed.cluster.nominate(pod, "a");
    const decision = bed.decider.decide(pod);
    const attempt = bed.decider.attempt(decision, ({ name }) => name === "low");
    expect(new PreemptionSearch().find(attempt).message).toContain("terminating pod");
  });
});

test("nodes without pods of lower priority say so", () => {
  const bed = filled([
    { name: "same", node: "a", cpu: "2", priority: 10 },
    { name: "lower", node: "b" },
  ]);
  bed.put(small({ name: "large", node: "b", priority: 10 }), "b");
  expect(found(bed, wanting("2"))).toBe(
    "preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.",
  );
});

test("room that is being made for another of the same priority is not taken", () => {
  const bed = filled([
    { name: "on-a", node: "a", cpu: "2" },
    { name: "on-b", node: "b", cpu: "2", priority: 3 },
  ]);
  const search = new PreemptionSearch();
  expect(found(bed, wanting("2"), search)).toBe("a: on-a");
  bed.cluster.nominate(readPod(testPod("first", requests("2", "1"), { priority: 10 })), "a");
  expect(found(bed, wanting("2"), search)).toBe("b: on-b");
  expect(found(bed, wanting("2", 11), search)).toBe("a: on-a");
});

test("what is kept between searches equals what is found anew, whatever changes meanwhile", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const names = Array.from({ length: 5 }, (_, index) => `n${index}`);
    const bed = filled([], Object.fromEntries(names.map((name) => [name, "4"])));
    const kept = new PreemptionSearch();
    const placed: string[] = [];
    for (let step = 0; step < 60; step++) {
      const pod: Small = {
        name: `p${step}`,
        node: names[random.below(5)] ?? "",
        cpu: `${1 + random.below(3)}`,
        priority: random.below(4),
        start: random.below(3),
        labels: { app: random.next() < 0.5 ? "x" : "y" },
      };
      if (random.next() < 0.3 && placed.length > 0) {
        const [uid = ""] = placed.splice(random.below(placed.length), 1);
        bed.cluster.removePod(uid);
      } else placed.push(bed.put(small(pod), pod.node).uid);
      bed.cluster.related.set("PodDisruptionBudget", {
        metadata: { name: "budget", namespace: "default" },
        spec: { selector: { matchLabels: { app: "x" } } },
        status: { disruptionsAllowed: random.below(3) },
      } as object as { metadata: object });
      const before = bed.cluster.podCount;
      const decision = bed.decider.decide(readPod(wanting("4", 3)));
      if (decision.chosen !== undefined) continue;
      const attempt = bed.decider.attempt(decision, () => false);
      const fresh = new PreemptionSearch();
      expect(kept.find(attempt), `seed ${seed}, step ${step}`).toEqual(fresh.find(attempt));
      expect(kept.candidates(attempt)).toEqual(fresh.candidates(attempt));
      expect(bed.cluster.podCount).toBe(before);
    }
  }
});
