import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { FakeClient, type FakeClientOptions } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { seededRandom } from "../../lib/random.ts";
import { findCondition } from "../../model/conditions.ts";
import { event } from "../../model/kinds/core/event/event.ts";
import type { Node } from "../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../model/kind.ts";
import { StatusError } from "../../model/status.ts";
import { createScheduler } from "./scheduler.ts";

const allocatable = { cpu: "2", memory: "8Gi", pods: "110" };
const aNode = (name: string): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: { allocatable, capacity: allocatable },
});
const aPod = (name: string, priority: number, cpu: string, nodeName?: string): Pod =>
  newObject(
    pod,
    { name, namespace: "default" },
    {
      spec: {
        containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }],
        priority,
        ...(nodeName === undefined ? {} : { nodeName }),
      },
    },
  );

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function setUp(objects: NonNullable<FakeClientOptions["objects"]>, pods: readonly Pod[]) {
  const clock = new FakeClock();
  const client = new FakeClient({ clock, objects });
  for (const each of pods) await client.create(pod, each);
  const abort = new AbortController();
  const scheduler = createScheduler({ client, clock, random: seededRandom(1), log: silentLogger });
  const running = scheduler.run(abort.signal);
  ends.push(async () => {
    abort.abort();
    await running;
  });
  const get = (name: string): Promise<Pod> => client.get(pod, { namespace: "default", name });
  const kill = (name: string) =>
    client.delete(pod, { namespace: "default", name }, { gracePeriodSeconds: 0 });
  return { client, clock, get, kill };
}

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

test("a pod of higher priority gets the room of others, once they are gone", async () => {
  const present = [aPod("low", 0, "1", "node-1"), aPod("mid", 1, "1", "node-1")];
  const { client, get, kill } = await setUp([aNode("node-1")], present);
  const { metadata } = await client.create(pod, aPod("high", 10, "1"));
  await until(async () => (await get("high")).status?.nominatedNodeName === "node-1");
  await until(async () => (await get("low")).metadata.deletionTimestamp !== undefined);
  expect(findCondition((await get("low")).status?.conditions, "DisruptionTarget")).toMatchObject({
    status: "True",
    reason: "PreemptionByScheduler",
    message: "default-scheduler: preempting to accommodate a higher priority pod",
  });
  await until(async () =>
    (await client.list(event)).items.some(
      ({ reason, message }) =>
        reason === "Preempted" && message === `Preempted by pod ${metadata.uid} on node node-1`,
    ),
  );
  // Meanwhile the room is nobody else's, and nobody else has to go for the same pod.
  await client.create(pod, aPod("late", 0, "1"));
  await settle();
  expect((await get("mid")).metadata.deletionTimestamp).toBeUndefined();
  expect((await get("high")).spec.nodeName).toBeUndefined();
  await kill("low");
  await until(async () => (await get("high")).spec.nodeName === "node-1");
  await settle();
  expect((await get("late")).spec.nodeName).toBeUndefined();
});

test("room that was being made before a restart is kept", async () => {
  const waiting = { ...aPod("high", 10, "1"), status: { phase: "Pending", nominatedNodeName: "node-1" } };
  const { client, get } = await setUp([aNode("node-1"), waiting], []);
  await client.create(pod, aPod("late", 0, "2"));
  await until(async () => (await get("high")).spec.nodeName === "node-1");
  await settle();
  expect((await get("late")).spec.nodeName).toBeUndefined();
});

test("when an eviction fails the pod is tried anew", async () => {
  const { client, clock, get } = await setUp([aNode("node-1")], [aPod("low", 0, "2", "node-1")]);
  let failures = 2;
  client.onCall(({ verb }) => {
    if (verb === "delete" && failures-- > 0) throw new StatusError("ServiceUnavailable", "not now");
  });
  await client.create(pod, aPod("high", 10, "1"));
  await until(async () => {
    clock.advance(100);
    return (await get("low")).metadata.deletionTimestamp !== undefined;
  });
  expect(failures).toBe(-1);
});
