import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { FakeClock } from "../../../lib/clock.ts";
import { createLogger } from "../../../lib/log.ts";
import { lease, type Lease } from "../../../model/kinds/coordination/lease/lease.ts";
import { node, type Node } from "../../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../../model/kind.ts";
import { runWorkloads } from "../run.ts";

const name = "n1";
const other = "n2";
const lines: string[] = [];
let clock: FakeClock;
let client: FakeClient;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  clock = new FakeClock();
  client = new FakeClient({ clock });
  const ready = [{ type: "Ready", status: "True" as const }];
  client.seed(newObject<Node>(node, { name }, { status: { conditions: ready } }));
  client.seed(newObject<Node>(node, { name: other }, { status: { conditions: ready } }));
  const spec = { nodeName: name, containers: [{ name: "c", image: "i" }] };
  const made = await client.create(pod, newObject<Pod>(pod, { name: "p", namespace: "default" }, { spec }));
  const status = { phase: "Running" as const, conditions: ready };
  await client.update(pod, { ...made, status }, { subresource: "status" });
  await beat(name);
  await beat(other);
  stop = new AbortController();
  const log = createLogger({ level: "warn", write: (line) => lines.push(line) });
  running = runWorkloads({ client, clock, log }, stop.signal);
  await settle();
});

afterEach(async () => {
  stop.abort();
  await running;
  expect(lines.splice(0).filter((line) => !line.includes("a node is silent"))).toEqual([]);
});

/** Lets everything that can go on now go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await setImmediate();
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

/** Lets time pass in which these nodes give signs of life. */
async function passWith(nodes: readonly string[], ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20_000) {
    await pass(Math.min(20_000, left));
    for (const each of nodes) await beat(each);
    await settle();
  }
}

async function beat(name: string): Promise<void> {
  const spec = { holderIdentity: name, renewTime: new Date(clock.now()).toISOString() };
  const metadata = { name, namespace: "kube-node-lease" };
  const there = await client.get(lease, metadata).catch(() => undefined);
  if (there === undefined) await client.create(lease, newObject<Lease>(lease, metadata, { spec }));
  else await client.patch(lease, metadata, { type: "merge", body: { spec } });
}

async function say(name: string, status: "True" | "False"): Promise<void> {
  const body = { status: { conditions: [{ type: "Ready", status }] } };
  await client.patch(node, { name }, { type: "merge", body }, { subresource: "status" });
  await settle();
}

const readyOf = async (name: string): Promise<string | undefined> =>
  (await client.get(node, { name })).status?.conditions?.find(({ type }) => type === "Ready")?.status;
const taintsOf = async (name: string): Promise<string[]> =>
  ((await client.get(node, { name })).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
const podThere = async (): Promise<boolean> =>
  (await client.list(pod)).items.some(({ metadata }) => metadata.deletionTimestamp === undefined);

test("a node with a heartbeat stays ready, whatever time passes", async () => {
  for (let minute = 0; minute < 20; minute++) {
    await pass(9000);
    await beat(name);
    await settle();
  }
  expect([await readyOf(name), await taintsOf(name)]).toEqual(["True", []]);
});

test("a silent node becomes unknown and tainted, its pods go after five minutes, and it may come back", async () => {
  await passWith([other], 39_000);
  expect(await readyOf(name)).toBe("True");
  await passWith([other], 2000);
  expect(await readyOf(name)).toBe("Unknown");
  expect(await taintsOf(name)).toEqual([
    "node.kubernetes.io/unreachable:NoSchedule",
    "node.kubernetes.io/unreachable:NoExecute",
  ]);
  expect((await client.list(pod)).items[0]?.status?.conditions).toMatchObject([
    { type: "Ready", status: "False" },
  ]);
  await passWith([other], 295_000);
  expect(await podThere()).toBe(true);
  await passWith([other], 10_000);
  expect(await podThere()).toBe(false);
  await beat(name);
  await say(name, "True");
  expect([await readyOf(name), await taintsOf(name)]).toEqual(["True", []]);
});

test("while no node is ready no pod goes, and once one is again the others have their five minutes anew", async () => {
  await say(name, "False");
  expect(await taintsOf(name)).toContain("node.kubernetes.io/not-ready:NoExecute");
  await passWith([name, other], 200_000);
  await say(other, "False");
  for (const each of [name, other])
    expect(await taintsOf(each)).toEqual(["node.kubernetes.io/not-ready:NoSchedule"]);
  await passWith([name, other], 900_000);
  expect(await podThere()).toBe(true);
  await say(other, "True");
  expect(await taintsOf(other)).toEqual([]);
  expect(await taintsOf(name)).toContain("node.kubernetes.io/not-ready:NoExecute");
  await passWith([name, other], 295_000);
  expect(await podThere()).toBe(true);
  await passWith([name, other], 10_000);
  expect(await podThere()).toBe(false);
});

test("the only node there is keeps its pods while it is silent", async () => {
  await client.delete(node, { name: other });
  await passWith([], 900_000);
  expect([await readyOf(name), await podThere()]).toEqual(["Unknown", true]);
  expect(await taintsOf(name)).toEqual(["node.kubernetes.io/unreachable:NoSchedule"]);
});

test("nobody was silent while this process itself stood still", async () => {
  await pass(3_600_000);
  expect(await readyOf(name)).toBe("True");
  await pass(41_000);
  expect(await readyOf(name)).toBe("Unknown");
});
