/** Objects and plugins that mean no good: that pod says so, and the rest goes on. */

import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { PatchBody, WriteOptions } from "../../../src/client/client.ts";
import { FakeClient } from "../../../src/client/testing/fake-client.ts";
import { FakeClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/log.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { findCondition } from "../../../src/model/conditions.ts";
import { newObject, type Kind } from "../../../src/model/kind.ts";
import { node, type Node } from "../../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../../src/model/kinds/core/pod/pod.ts";
import type { KubeObject, ObjectRef } from "../../../src/model/meta.ts";
import { rootSchema } from "../../../src/model/root-schema.ts";
import { StatusError } from "../../../src/model/status.ts";
import { applyStrategicPatch } from "../../../src/model/strategic-patch.ts";
import type { Plugin } from "../../../src/scheduler/framework/plugin.ts";
import { createProfile, type Profile } from "../../../src/scheduler/framework/profile.ts";
import { createScheduler } from "../../../src/scheduler/loop/scheduler.ts";
import { nodePorts } from "../../../src/scheduler/plugins/nodeports/nodeports.ts";
import { defaultProfile } from "../../../src/scheduler/profiles.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function aNode(name: string, extras: Partial<Node["spec"]> = {}, labels: Record<string, string> = {}): Node {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  const status = { allocatable, capacity: allocatable };
  return newObject<Node>(node, { name, labels }, { spec: extras, status });
}

function aPod(name: string, spec: Partial<Pod["spec"]> = {}, labels: Record<string, string> = {}): Pod {
  const containers = [{ name: "c", image: "i" }];
  return newObject<Pod>(
    pod,
    { name, namespace: "default", labels },
    { spec: { containers, ...spec }, status: { phase: "Pending" } },
  );
}

function asking(requests: Record<string, string>): Partial<Pod["spec"]> {
  return { containers: [{ name: "c", image: "i", resources: { requests } }] };
}

/** The API of a cluster that lets objects in which ours would not, and takes a status whatever the spec. */
class LenientClient extends FakeClient {
  override async patch<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    patch: PatchBody,
    options: WriteOptions = {},
  ): Promise<T> {
    if (options.subresource !== "status") return super.patch(kind, ref, patch, options);
    const present = await this.get(kind, ref);
    return this.seed(applyStrategicPatch(rootSchema(kind), present, patch.body) as T);
  }
}

function startWith(
  nodes: readonly Node[],
  profile: Profile = defaultProfile(),
  client: FakeClient = new LenientClient(),
) {
  const clock = new FakeClock();
  for (const each of nodes) client.seed(each);
  const abort = new AbortController();
  const scheduler = createScheduler({ client, clock, random: seededRandom(1), log: silentLogger, profile });
  const running = scheduler.run(abort.signal);
  ends.push(async () => {
    abort.abort();
    await running;
  });
  const get = (name: string) => client.get(pod, { namespace: "default", name });
  const nodeOf = async (name: string) => (await get(name)).spec.nodeName ?? "";
  const said = async (name: string) =>
    findCondition((await get(name)).status?.conditions, "PodScheduled")?.message ?? "";
  return { client, clock, nodeOf, said };
}

type Bed = ReturnType<typeof startWith>;

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 500; turns++) {
    if (await done()) return;
    await setImmediate();
  }
  throw new Error("it did not come to it");
}

/** The bad pod is there first, and says something; the good one, which comes later, runs. */
async function mustSay({ client, nodeOf, said }: Bed, bad: Pod, words: string): Promise<void> {
  client.seed(bad);
  client.seed(aPod("good"));
  await until(async () => (await nodeOf("good")) !== "");
  await until(async () => (await said("bad")) !== "");
  expect(await said("bad")).toContain(words);
  expect(await nodeOf("bad")).toBe("");
}

/** Both run. */
async function mustRun({ client, nodeOf }: Bed, bad: Pod): Promise<void> {
  client.seed(bad);
  client.seed(aPod("good"));
  await until(async () => (await nodeOf("good")) !== "" && (await nodeOf("bad")) !== "");
}

describe("quantities", () => {
  test.each([
    ["more than 64 bits", { cpu: "99999999999999999999" }, "is not a quantity"],
    ["an exponent without end", { memory: "1e999999999" }, "is not a quantity"],
    ["no number", { memory: "lots" }, "is not a quantity"],
    ["less than nothing", { cpu: "-5" }, "less than nothing"],
    ["more than can be counted", { memory: "4Ei" }, "more memory than can be counted"],
    ["a very long text", { cpu: "1".repeat(100_000) }, "is not a quantity"],
    ["what no node has", { "example.com/nothing": "1" }, "Insufficient example.com/nothing"],
    [
      "a thousand kinds of resources",
      Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`example.com/r${index}`, "1"])),
      "1000 kinds of resources",
    ],
  ])("%s", async (_name, requests, words) => {
    await mustSay(startWith([aNode("n")]), aPod("bad", asking(requests)), words);
  });

  test("two that overflow together", async () => {
    const container = { name: "c", image: "i", resources: { requests: { memory: "900Ti" } } };
    const containers = [container, { ...container, name: "d" }];
    await mustSay(startWith([aNode("n")]), aPod("bad", { containers }), "more memory than can be counted");
  });

  test("of a node, which then has nothing to offer", async () => {
    const bad = aNode("bad");
    const allocatable = { cpu: "lots", memory: "-1", pods: "1e30" };
    const bed = startWith([{ ...bad, status: { allocatable, capacity: allocatable } }, aNode("n")]);
    bed.client.seed(aPod("good", asking({ cpu: "1" })));
    await until(async () => (await bed.nodeOf("good")) === "n");
  });

  test("of a pod that runs, whose node then takes no more", async () => {
    const bed = startWith([aNode("n"), aNode("other")]);
    bed.client.seed(aPod("bad", { ...asking({ cpu: "lots" }), nodeName: "other" }));
    await setImmediate();
    for (const name of ["a", "b", "c"]) bed.client.seed(aPod(name, asking({ cpu: "1" })));
    for (const name of ["a", "b", "c"]) await until(async () => (await bed.nodeOf(name)) === "n");
  });
});

describe("many", () => {
  const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key-${index}`, "x"]));

  test("10,000 labels of a node and of a pod", async () => {
    await mustRun(startWith([aNode("n", {}, labels)]), aPod("bad", {}, labels));
  });

  test("10,000 labels in a node selector", async () => {
    const bed = startWith([aNode("n", {}, labels), aNode("other")]);
    await mustRun(bed, aPod("bad", { nodeSelector: labels }));
    expect(await bed.nodeOf("bad")).toBe("n");
  });

  test("a selector with 1,000 terms, of which the last matches", async () => {
    const nodeSelectorTerms = Array.from({ length: 1000 }, (_, index) => ({
      matchExpressions: [{ key: `key-${index}`, operator: "In" as const, values: ["x", "y"] }],
    }));
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    const bed = startWith([aNode("other"), aNode("n", {}, { "key-999": "y" })]);
    await mustRun(bed, aPod("bad", { affinity: { nodeAffinity: required } }));
    expect(await bed.nodeOf("bad")).toBe("n");
  });

  test("1,000 preferred terms", async () => {
    const preferred = Array.from({ length: 1000 }, (_, index) => ({
      weight: 100,
      preference: { matchExpressions: [{ key: `key-${index}`, operator: "Exists" as const }] },
    }));
    const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: preferred };
    const bed = startWith([aNode("other"), aNode("n", {}, labels)]);
    await mustRun(bed, aPod("bad", { affinity: { nodeAffinity } }));
    expect(await bed.nodeOf("bad")).toBe("n");
  });

  test("1,000 taints and 1,000 tolerations", async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `key-${index}`);
    const taints = keys.map((key) => ({ key, effect: "NoSchedule" as const }));
    const tolerations = keys.map((key) => ({ key, operator: "Exists" as const }));
    const bed = startWith([aNode("n", { taints }), aNode("other", { unschedulable: true })]);
    bed.client.seed(aPod("bad", { tolerations }));
    await until(async () => (await bed.nodeOf("bad")) === "n");
  });

  test("1,000 ports of one pod, twice", async () => {
    const ports = Array.from({ length: 1000 }, (_, index) => ({ containerPort: 1, hostPort: 1 + index }));
    const containers = [{ name: "c", image: "i", ports }];
    const bed = startWith([aNode("n")]);
    bed.client.seed(aPod("first", { containers }));
    await until(async () => (await bed.nodeOf("first")) === "n");
    await mustSay(bed, aPod("bad", { containers }), "didn't have free ports");
  });
});

describe("selectors that mean nothing", () => {
  test.each(["Resembles", "", "in"])("the operator %j matches no node", async (operator) => {
    const nodeSelectorTerms = [
      { matchExpressions: [{ key: "a", operator: operator as "In", values: ["b"] }] },
    ];
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    const bed = startWith([aNode("n", {}, { a: "b" })]);
    await mustSay(bed, aPod("bad", { affinity: { nodeAffinity: required } }), "node affinity/selector");
  });

  test("a comparison with no number", async () => {
    const nodeSelectorTerms = [
      { matchExpressions: [{ key: "a", operator: "Gt" as const, values: ["1".repeat(5000)] }] },
      { matchExpressions: [{ key: "a", operator: "Lt" as const, values: ["many"] }] },
    ];
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    const bed = startWith([aNode("n", {}, { a: "5" })]);
    await mustSay(bed, aPod("bad", { affinity: { nodeAffinity: required } }), "node affinity/selector");
  });
});

describe("priorities", () => {
  test("without bounds: the highest goes first, and nobody is pushed out by an equal", async () => {
    const bed = startWith([aNode("n")]);
    const all = { ...asking({ cpu: "4" }) };
    for (const [name, priority] of [
      ["low", -(2 ** 31)],
      ["high", 2 ** 31 - 1],
      ["beyond", 2 ** 53],
    ] as const)
      bed.client.seed(aPod(name, { ...all, priority }));
    await until(async () => (await bed.nodeOf("beyond")) === "n");
    bed.client.seed(aPod("same", { ...all, priority: 2 ** 53 }));
    await until(async () => (await bed.said("same")) !== "");
    expect(
      (await bed.client.get(pod, { namespace: "default", name: "beyond" })).metadata.deletionTimestamp,
    ).toBe(undefined);
    expect([await bed.nodeOf("high"), await bed.nodeOf("low")]).toEqual(["", ""]);
  });

  test("pods that push each other out come to rest", async () => {
    const bed = startWith([aNode("n")]);
    const evicted: string[] = [];
    bed.client.onCall(({ verb, kind, ref }) => {
      if (verb === "delete" && kind.kind === "Pod") evicted.push(ref?.name ?? "");
    });
    for (let priority = 0; priority < 8; priority++) {
      bed.client.seed(aPod(`p${priority}`, { ...asking({ cpu: "4" }), priority }));
      for (let turns = 0; turns < 60; turns++) {
        await setImmediate();
        for (const each of (await bed.client.list(pod)).items) {
          if (each.metadata.deletionTimestamp === undefined) continue;
          const ref = { namespace: "default", name: each.metadata.name ?? "" };
          await bed.client.delete(pod, ref, { gracePeriodSeconds: 0 });
        }
      }
    }
    await until(async () => (await bed.nodeOf("p7")) === "n");
    expect(new Set(evicted)).toEqual(new Set(["p0", "p1", "p2", "p3", "p4", "p5", "p6"]));
  });
});

/** Bad to pods of the name "bad" alone. */
function faultyProfile(faulty: Partial<Plugin>): Profile {
  const plugin: Plugin = { name: "Faulty", nodeLocal: true, shareKey: ({ name }) => name, ...faulty };
  return createProfile("default-scheduler", [
    { plugin, weight: 1 },
    { plugin: nodePorts, weight: 0 },
  ]);
}

function onlyBad<State>(work: () => State): NonNullable<Plugin["preFilter"]> {
  return ({ name }) => (name === "bad" ? { type: "state", state: work() } : { type: "skip" });
}

const fail = (): never => {
  throw new Error("no idea");
};
const isBad = onlyBad(() => "bad");

describe("a plugin that throws", () => {
  test.each<[string, Partial<Plugin>]>([
    ["when it reads the pod", { preFilter: onlyBad(fail), filter: () => 0 }],
    ["when it looks at a node", { preFilter: isBad, filter: fail }],
    ["when it reads the pod for scores", { preScore: onlyBad(fail), score: () => 0 }],
    ["when it scores", { preScore: isBad, score: fail }],
    ["when it normalizes", { preScore: isBad, score: () => 1, normalize: fail }],
    ["when it says why", { preFilter: isBad, filter: () => 1, reasons: fail }],
    ["when it helps", { preFilter: isBad, filter: () => 1, reasons: () => [], postFilter: fail }],
    ["when it names the pod's key", { shareKey: ({ name }) => (name === "bad" ? fail() : name) }],
    ["when it says what it knows", { version: ({ name }) => (name === "bad" ? fail() : 0), filter: () => 0 }],
  ])("%s", async (_name, faulty) => {
    await mustSay(startWith([aNode("n")], faultyProfile(faulty)), aPod("bad"), "no idea");
  });

  test.each<[string, Partial<Plugin>]>([
    ["when it reserves", { reserve: ({ name }) => (name === "bad" ? fail() : undefined) }],
    ["when it permits", { permit: ({ name }) => (name === "bad" ? fail() : { type: "allow" }) }],
    ["later, when it permits", { permit: async ({ name }) => (name === "bad" ? fail() : { type: "allow" }) }],
  ])("%s", async (_name, faulty) => {
    const { client, nodeOf } = startWith([aNode("n")], faultyProfile(faulty));
    client.seed(aPod("bad"));
    client.seed(aPod("good"));
    await until(async () => (await nodeOf("good")) !== "");
    expect(await nodeOf("bad")).toBe("");
  });

  test("when an event happens: the pod is tried", async () => {
    const faulty = faultyProfile({
      preFilter: isBad,
      filter: (_state, row) => (row === 0 ? 1 : 0),
      hint: fail,
    });
    const { client, nodeOf, said } = startWith([aNode("n")], faulty);
    client.seed(aPod("bad"));
    await until(async () => (await said("bad")) !== "");
    client.seed(aNode("other"));
    await until(async () => (await nodeOf("bad")) === "other");
  });
});

describe("a plugin that answers nonsense", () => {
  const nonsense: unknown[] = [Number.NaN, Infinity, -Infinity, -1, 1e300, "many", undefined, null, {}];

  test.each(nonsense.map((answer) => [answer]))("as a score: %s", async (answer) => {
    const score = () => answer as number;
    for (const normalize of [undefined, () => answer as number, (raw: number) => raw]) {
      const faulty = faultyProfile({ preScore: isBad, score, ...(normalize && { normalize }) });
      await mustRun(startWith([aNode("n"), aNode("m")], faulty), aPod("bad"));
    }
  });

  test.each([[2 ** 40], [-7], [Number.NaN], ["no"]])("as a verdict: %s", async (answer) => {
    const faulty = { preFilter: isBad, filter: () => answer as number, reasons: () => [] };
    await mustSay(startWith([aNode("n")], faultyProfile(faulty)), aPod("bad"), "0/1 nodes are available");
  });

  test("as what it read of the pod", async () => {
    const faulty: Partial<Plugin> = {
      preFilter: ({ name }) => (name === "bad" ? (7 as never) : { type: "skip" }),
      filter: (state: unknown) => (state as { of: { it: number } }).of.it,
    };
    const { client, nodeOf, said } = startWith([aNode("n")], faultyProfile(faulty));
    client.seed(aPod("bad"));
    client.seed(aPod("good"));
    await until(async () => (await nodeOf("good")) !== "");
    await until(async () => (await said("bad")).includes("cannot"));
  });
});

describe("a plugin that takes too long", () => {
  test("with its permission: the pod is tried again, and the others are not held up", async () => {
    const slow = faultyProfile({
      permit: ({ name }) => (name === "bad" ? new Promise(() => undefined) : { type: "allow" }),
    });
    const { client, clock, nodeOf } = startWith([aNode("n")], slow);
    client.seed(aPod("bad"));
    client.seed(aPod("good"));
    await until(async () => (await nodeOf("good")) !== "");
    clock.advance(16 * 60_000);
    client.seed(aPod("later"));
    await until(async () => (await nodeOf("later")) !== "");
    expect(await nodeOf("bad")).toBe("");
  });
});

test("an API that refuses all that is written of a pod costs a back-off, not a loop", async () => {
  const bed = startWith([aNode("n")], defaultProfile(), new FakeClient());
  let refused = 0;
  bed.client.onCall(({ verb, kind }) => {
    if (verb !== "patch" || kind.kind !== "Pod") return;
    refused++;
    throw new StatusError("Invalid", "not like this");
  });
  bed.client.seed(aPod("low", { ...asking({ cpu: "3" }), priority: 0 }));
  await until(async () => (await bed.nodeOf("low")) === "n");
  bed.client.seed(aPod("bad", { ...asking({ cpu: "3" }), priority: 10 }));
  bed.client.seed(aPod("good", asking({ cpu: "1" })));
  await until(async () => (await bed.nodeOf("good")) === "n");
  for (let turns = 0; turns < 200; turns++) await setImmediate();
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(20);
});
