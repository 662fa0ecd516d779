import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { seededRandom } from "../../lib/random.ts";
import { findCondition } from "../../model/conditions.ts";
import type { Node } from "../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { schedulingDecision } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { podGroup } from "../../model/kinds/scheduling/podgroup/podgroup.ts";
import { newObject } from "../../model/kind.ts";
import { createProfile } from "../framework/profile.ts";
import type { Plugin } from "../framework/plugin.ts";
import { defaultProfile } from "../profiles.ts";
import { createScheduler } from "./scheduler.ts";

const namespace = "default";
const aNode = (name: string, cpu: string): Node => {
  const allocatable = { cpu, memory: "8Gi", pods: "110" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: { allocatable, capacity: allocatable },
  };
};
const aGroup = (name: string, minMember: number) =>
  newObject(podGroup, { name, namespace }, { spec: { minMember } });
const aPod = (name: string, group: string | undefined, cpu = "1"): Pod =>
  newObject(
    pod,
    {
      name,
      namespace,
      ...(group === undefined ? {} : { labels: { "scheduling.x-k8s.io/pod-group": group } }),
    },
    { spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }] } },
  );

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function setUp(objects: readonly Node[], plugins: readonly Plugin[] = []) {
  const clock = new FakeClock();
  const client = new FakeClient({ clock, objects });
  const abort = new AbortController();
  const { schedulerName, plugins: usual } = defaultProfile();
  const profile = createProfile(schedulerName, [
    ...usual,
    ...plugins.map((plugin) => ({ plugin, weight: 0 })),
  ]);
  const scheduler = createScheduler({ client, clock, random: seededRandom(1), log: silentLogger, profile });
  const running = scheduler.run(abort.signal);
  ends.push(async () => {
    abort.abort();
    await running;
  });
  const placed = async () => {
    const { items } = await client.list(pod);
    return items
      .flatMap(({ metadata, spec }) => (spec.nodeName === undefined ? [] : [metadata.name ?? ""]))
      .sort((a, b) => (a < b ? -1 : 1));
  };
  const said = async (name: string) =>
    findCondition((await client.get(pod, { namespace, name })).status?.conditions, "PodScheduled")?.message;
  const create = async (...pods: Pod[]) => {
    for (const each of pods) await client.create(pod, each);
  };
  /** What is told of a pod is written once a second at most. */
  const until = async (done: () => Promise<boolean>): Promise<void> => {
    for (let turns = 0; turns < 300; turns++) {
      if (await done()) return;
      await setImmediate();
      clock.advance(100);
    }
    throw new Error("it did not come to it");
  };
  return { client, placed, said, create, until };
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 60; turns++) await setImmediate();
}

test("a group waits until its pods are there, and then gets its places at once", async () => {
  const { client, placed, said, create, until } = setUp([aNode("node-1", "4")]);
  await client.create(podGroup, aGroup("g", 3));
  await create(aPod("a", "g"), aPod("b", "g"));
  const short = "0/3 of pod group default/g can be placed: fewer than 3 of its pods are there";
  await until(async () => (await said("a")) === short && (await said("b")) === short);
  expect(await placed()).toEqual([]);
  await create(aPod("c", "g"));
  await until(async () => (await placed()).length === 3);
  // One more than must be is placed by itself.
  await create(aPod("d", "g"));
  await until(async () => (await placed()).length === 4);
});

test("a group that does not fit whole holds no room, and says which member has none", async () => {
  const { client, placed, said, create, until } = setUp([aNode("node-1", "2")]);
  await client.create(podGroup, aGroup("g", 3));
  await create(aPod("a", "g"), aPod("b", "g"), aPod("c", "g"));
  const message =
    "0/3 of pod group default/g can be placed (only 2 find room): member c: 0/1 nodes are available: 1 Insufficient cpu.";
  await until(async () => (await said("a")) === message && (await said("c")) === message);
  await until(async () =>
    (await client.list(schedulingDecision)).items.some(
      ({ metadata, spec }) => metadata.name === "a" && spec.message === message,
    ),
  );
  await create(aPod("other", undefined, "2"));
  await until(async () => (await placed()).join() === "other");
  // Room for two is not enough; room for all is.
  await client.delete(pod, { namespace, name: "other" }, { gracePeriodSeconds: 0 });
  await settle();
  expect(await placed()).toEqual([]);
  client.seed(aNode("node-2", "1"));
  await until(async () => (await placed()).join() === "a,b,c");
});

test("of two groups that do not fit together one is placed, then the other", async () => {
  const { client, placed, create, until } = setUp([aNode("node-1", "3")]);
  for (const group of ["g", "h"]) await client.create(podGroup, aGroup(group, 2));
  await create(aPod("g1", "g"), aPod("h1", "h"), aPod("g2", "g"), aPod("h2", "h"));
  await until(async () => (await placed()).length === 2);
  await settle();
  expect(await placed()).toEqual(["g1", "g2"]);
  for (const name of ["g1", "g2"]) {
    await client.delete(pod, { namespace, name }, { gracePeriodSeconds: 0 });
  }
  await until(async () => (await placed()).join() === "h1,h2");
});

test("a pod of a group that is not there waits for it; a group that asks for less is tried again", async () => {
  const { client, placed, said, create, until } = setUp([aNode("node-1", "2")]);
  await create(aPod("a", "g"), aPod("b", "g"));
  await until(async () => (await said("a")) === "pod group default/g is not there");
  await client.create(podGroup, aGroup("g", 4));
  await until(async () => (await said("b"))?.includes("fewer than 4") === true);
  await client.patch(podGroup, { namespace, name: "g" }, { type: "merge", body: { spec: { minMember: 2 } } });
  await until(async () => (await placed()).join() === "a,b");
});

/** Throws at the pod `b`, so many times. */
function faultyPlugin(times: number): Plugin {
  let faults = 0;
  return {
    name: "Faulty",
    nodeLocal: true,
    shareKey: ({ name }) => name,
    filter: () => 0,
    preFilter: ({ name }) => {
      if (name === "b" && faults++ < times) throw new Error("no idea");
      return { type: "skip" };
    },
  };
}

test("a group is tried again when a plugin throws at one of its members", async () => {
  const { client, placed, create, until } = setUp([aNode("node-1", "4")], [faultyPlugin(1)]);
  await client.create(podGroup, aGroup("g", 3));
  await create(aPod("a", "g"), aPod("b", "g"), aPod("c", "g"));
  await until(async () => (await placed()).join() === "a,b,c");
});

test("every member says what a plugin threw at one of them", async () => {
  const { client, said, create, until } = setUp([aNode("node-1", "4")], [faultyPlugin(Infinity)]);
  await client.create(podGroup, aGroup("g", 3));
  await create(aPod("a", "g"), aPod("b", "g"), aPod("c", "g"));
  const message = "cannot evaluate the nodes: no idea";
  for (const name of ["a", "b", "c"]) await until(async () => (await said(name)) === message);
});
