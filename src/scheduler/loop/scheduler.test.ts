import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { FakeClient, type FakeClientOptions } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { seededRandom } from "../../lib/random.ts";
import { findCondition } from "../../model/conditions.ts";
import { event } from "../../model/kinds/core/event/event.ts";
import { node, type Node } from "../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { schedulingDecision } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { newObject } from "../../model/kind.ts";
import { StatusError } from "../../model/status.ts";
import { createProfile } from "../framework/profile.ts";
import type { Plugin } from "../framework/plugin.ts";
import { nodePorts } from "../plugins/nodeports/nodeports.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";
import { createScheduler } from "./scheduler.ts";

const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
const aNode = (name: string, extras: Partial<Node> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: { allocatable, capacity: allocatable },
  ...extras,
});
const hostPorts = [{ containerPort: 80, hostPort: 8080 }];
const aPod = (name: string, spec: Partial<Pod["spec"]> = {}, ports = hostPorts): Pod =>
  newObject(
    pod,
    { name, namespace: "default" },
    { spec: { containers: [{ name: "c", image: "i", ports }], ...spec } },
  );

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function start(
  client: FakeClient,
  clock: FakeClock,
  extras: Partial<SchedulerOptions> = {},
): () => Promise<void> {
  const abort = new AbortController();
  const random = seededRandom(1);
  const running = createScheduler({ client, clock, random, log: silentLogger, ...extras }).run(abort.signal);
  const end = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  ends.push(end);
  return end;
}

function setUp(options: FakeClientOptions, extras: Partial<SchedulerOptions> = {}) {
  const clock = new FakeClock();
  const client = new FakeClient({ clock, ...options });
  const end = start(client, clock, extras);
  const nodeOf = async (name: string) =>
    (await client.get(pod, { namespace: "default", name })).spec.nodeName;
  const waiting = async (name: string) =>
    findCondition((await client.get(pod, { namespace: "default", name })).status?.conditions, "PodScheduled");
  return { client, clock, end, nodeOf, waiting };
}

/** Lets everything that is due now happen, until it is as wanted. */
async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  for (let turns = 0; turns < 500; turns++) {
    if (await done()) return;
    await setImmediate();
  }
  throw new Error("it did not come to it");
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await setImmediate();
}

describe("the notes' demonstration", () => {
  test("a second pod with the same host port waits, says why, and runs when the first is gone", async () => {
    const { client, nodeOf, waiting } = setUp({ objects: [aNode("node-1")] });
    await client.create(pod, aPod("hello-1"));
    await until(async () => (await nodeOf("hello-1")) === "node-1");
    await client.create(pod, aPod("hello-2"));
    await until(async () => (await waiting("hello-2")) !== undefined);
    const message = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
    expect(await waiting("hello-2")).toMatchObject({ status: "False", reason: "Unschedulable", message });
    await until(async () => (await client.list(event)).items.some((e) => e.message === message));
    const ref = { namespace: "default", name: "hello-2" };
    await until(async () =>
      (await client.list(schedulingDecision)).items.some((d) => d.metadata.name === "hello-2"),
    );
    const why = await client.get(schedulingDecision, ref);
    expect(why.spec.outcome).toBe("Unschedulable");
    expect(why.spec.nodes?.[0]?.predicates).toContainEqual({
      plugin: "NodePorts",
      policyName: "PodFitsPorts",
      verdict: "fail",
      reason: "node(s) didn't have free ports for the requested pod ports",
      detail: "port 8080/TCP is held by default/hello-1",
      holders: [{ pod: "default/hello-1", port: "8080/TCP" }],
    });
    await client.delete(pod, { namespace: "default", name: "hello-1" }, { gracePeriodSeconds: 0 });
    // No time passes: nothing but the deletion can have woken it.
    await until(async () => (await nodeOf("hello-2")) === "node-1");
    await until(async () => (await client.get(schedulingDecision, ref)).spec.outcome === "Scheduled");
  });

  test("says of a bound pod why it is there", async () => {
    const { client, clock } = setUp({ objects: [aNode("node-1"), aNode("node-2")] }, { seed: 5 });
    const created = await client.create(pod, aPod("hello", {}, []));
    await until(async () => (await client.list(schedulingDecision)).items.length === 1);
    const [why] = (await client.list(schedulingDecision)).items;
    expect(why?.metadata.ownerReferences?.[0]?.uid).toBe(created.metadata.uid);
    expect(why?.spec).toMatchObject({ outcome: "Scheduled", evaluatedNodes: 2, feasibleNodes: 2 });
    expect(why?.spec.tie).toMatchObject({ candidates: ["node-1", "node-2"], count: 2, seed: 5 });
    expect(why?.spec.nodes?.[0]?.scores?.map(({ plugin }) => plugin)).toContain("NodeResourcesFit");
    expect(why?.spec.decidedAt).toBe(`${new Date(clock.now()).toISOString().slice(0, 19)}Z`);
    await until(async () => (await client.list(event)).items.some(({ reason }) => reason === "Scheduled"));
  });
});

describe("which pods", () => {
  test("only ours, and none that is gated, until the gate is lifted", async () => {
    const { client, nodeOf, waiting } = setUp({ objects: [aNode("node-1")] });
    await client.create(pod, aPod("other", { schedulerName: "other" }, []));
    await client.create(pod, aPod("gated", { schedulingGates: [{ name: "example.com/wait" }] }, []));
    await client.create(pod, aPod("plain", {}, []));
    await until(async () => (await nodeOf("plain")) === "node-1");
    await until(async () => (await waiting("gated"))?.reason === "SchedulingGated");
    expect(await nodeOf("other")).toBeUndefined();
    expect(await nodeOf("gated")).toBeUndefined();
    await client.patch(
      pod,
      { namespace: "default", name: "gated" },
      { type: "merge", body: { spec: { schedulingGates: [] } } },
    );
    await until(async () => (await nodeOf("gated")) === "node-1");
  });

  test("a pod that waits is woken by a node that fits, not by one that does not", async () => {
    const { client, nodeOf, waiting } = setUp({
      objects: [aNode("node-1", { spec: { unschedulable: true } })],
    });
    await client.create(pod, aPod("p", { nodeSelector: { zone: "a" } }, []));
    await until(async () => (await waiting("p")) !== undefined);
    const calls: string[] = [];
    client.onCall(({ verb, kind }) => void calls.push(`${verb} ${kind.kind}`));
    client.seed(aNode("node-2"));
    await settle();
    expect(calls.filter((call) => call === "post Pod")).toEqual([]);
    client.seed(aNode("node-3", { metadata: { name: "node-3", labels: { zone: "a" } } }));
    await until(async () => (await nodeOf("p")) === "node-3");
  });
});

describe("faults", () => {
  test("a binding that fails is tried again after a while, and its place is free meanwhile", async () => {
    const { client, clock, nodeOf } = setUp({ objects: [aNode("node-1")] });
    let failures = 0;
    const stop = client.onCall(({ verb, ref }) => {
      if (verb !== "post" || ref?.name !== "a") return;
      failures++;
      throw new StatusError("Conflict", "somebody was quicker");
    });
    await client.create(pod, aPod("a"));
    await until(() => failures === 1);
    await client.create(pod, aPod("b"));
    await until(async () => (await nodeOf("b")) === "node-1");
    stop();
    await client.delete(pod, { namespace: "default", name: "b" }, { gracePeriodSeconds: 0 });
    clock.advance(10_000);
    await until(async () => (await nodeOf("a")) === "node-1");
  });

  test("an answer that got lost is looked up: bound once, counted once", async () => {
    const { client, nodeOf, waiting } = setUp({ objects: [aNode("node-1")] });
    const post = client.post.bind(client);
    client.post = async (...args) => {
      await post(...args);
      throw new StatusError("Timeout", "the answer got lost");
    };
    await client.create(pod, aPod("a"));
    await until(async () => (await nodeOf("a")) === "node-1");
    await client.create(pod, aPod("b"));
    await until(async () => (await waiting("b")) !== undefined);
  });

  test("a restarted scheduler knows what is bound and goes on with what waits", async () => {
    const { client, clock, end, nodeOf, waiting } = setUp({ objects: [aNode("node-1")] });
    await client.create(pod, aPod("a"));
    await until(async () => (await nodeOf("a")) === "node-1");
    await client.create(pod, aPod("b"));
    await until(async () => (await waiting("b")) !== undefined);
    await end();
    const events = (await client.list(event)).items.length;
    start(client, clock);
    await settle();
    expect(await nodeOf("b")).toBeUndefined();
    expect((await client.list(event)).items).toHaveLength(events);
    await client.delete(pod, { namespace: "default", name: "a" }, { gracePeriodSeconds: 0 });
    await until(async () => (await nodeOf("b")) === "node-1");
  });

  test("a plugin that throws costs its pod a condition and nobody else anything", async () => {
    const faulty: Plugin = {
      name: "Faulty",
      nodeLocal: true,
      shareKey: ({ name }) => name,
      filter: () => 0,
      preFilter: ({ name }) => {
        if (name === "bad") throw new Error("no idea");
        return { type: "skip" };
      },
    };
    const profile = createProfile("default-scheduler", [
      { plugin: faulty, weight: 0 },
      { plugin: nodePorts, weight: 0 },
    ]);
    const { client, nodeOf, waiting } = setUp({ objects: [aNode("node-1")] }, { profile });
    await client.create(pod, aPod("bad"));
    await client.create(pod, aPod("good"));
    await until(async () => (await nodeOf("good")) === "node-1");
    await until(async () => (await waiting("bad"))?.message?.includes("no idea") === true);
  });

  test("a pod that is deleted while it waits for permission leaves nothing behind", async () => {
    const asked = Promise.withResolvers<void>();
    const allowed = Promise.withResolvers<{ type: "allow" }>();
    const given: string[] = [];
    const slow: Plugin = {
      name: "Slow",
      reserve: ({ name }) => void given.push(`reserve ${name}`),
      unreserve: ({ name }) => void given.push(`unreserve ${name}`),
      permit: ({ name }) => {
        if (name !== "a") return { type: "allow" };
        asked.resolve();
        return allowed.promise;
      },
    };
    const profile = createProfile("default-scheduler", [
      { plugin: nodePorts, weight: 0 },
      { plugin: slow, weight: 0 },
    ]);
    const { client, nodeOf } = setUp({ objects: [aNode("node-1")] }, { profile });
    await client.create(pod, aPod("a"));
    await asked.promise;
    await client.create(pod, aPod("b"));
    await settle();
    expect(await nodeOf("b")).toBeUndefined();
    await client.delete(pod, { namespace: "default", name: "a" }, { gracePeriodSeconds: 0 });
    await until(async () => (await nodeOf("b")) === "node-1");
    allowed.resolve({ type: "allow" });
    await until(() => given.length === 3);
    expect(given).toEqual(["reserve a", "reserve b", "unreserve a"]);
  });

  test("a node that vanishes between decision and binding is not bound to", async () => {
    const { client, clock, nodeOf } = setUp({ objects: [aNode("node-1")] });
    const remove = client.onCall(({ verb }) => {
      if (verb === "post") throw new StatusError("ServiceUnavailable", "not now");
    });
    await client.create(pod, aPod("a"));
    await settle();
    await client.delete(node, { name: "node-1" });
    await settle();
    remove();
    client.seed(aNode("node-2"));
    clock.advance(10_000);
    await until(async () => (await nodeOf("a")) === "node-2");
  });
});
