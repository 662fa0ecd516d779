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
  const spec = { nodeName: name, containers: [{ name: "c", image: "i" }] };
  const made = await client.create(pod, newObject<Pod>(pod, { name: "p", namespace: "default" }, { spec }));
  const status = { phase: "Running" as const, conditions: ready };
  await client.update(pod, { ...made, status }, { subresource: "status" });
  await beat();
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

async function beat(): Promise<void> {
  const spec = { holderIdentity: name, renewTime: new Date(clock.now()).toISOString() };
  const metadata = { name, namespace: "kube-node-lease" };
  const there = await client.get(lease, metadata).catch(() => undefined);
  if (there === undefined) await client.create(lease, newObject<Lease>(lease, metadata, { spec }));
  else await client.patch(lease, metadata, { type: "merge", body: { spec } });
}

const readyOf = async (): Promise<string | undefined> =>
  (await client.get(node, { name })).status?.conditions?.find(({ type }) => type === "Ready")?.status;
const taintsOf = async (): Promise<string[]> =>
  ((await client.get(node, { name })).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
const podThere = async (): Promise<boolean> =>
  (await client.list(pod)).items.some(({ metadata }) => metadata.deletionTimestamp === undefined);

test("a node with a heartbeat stays ready, whatever time passes", async () => {
  for (let minute = 0; minute < 20; minute++) {
    await pass(9000);
    await beat();
    await settle();
  }
  expect([await readyOf(), await taintsOf()]).toEqual(["True", []]);
});

test("a silent node becomes unknown and tainted, its pods go after five minutes, and it may come back", async () => {
  await pass(39_000);
  expect(await readyOf()).toBe("True");
  await pass(2000);
  expect(await readyOf()).toBe("Unknown");
  expect(await taintsOf()).toEqual([
    "node.kubernetes.io/unreachable:NoSchedule",
    "node.kubernetes.io/unreachable:NoExecute",
  ]);
  expect((await client.list(pod)).items[0]?.status?.conditions).toMatchObject([
    { type: "Ready", status: "False" },
  ]);
  await pass(295_000);
  expect(await podThere()).toBe(true);
  await pass(10_000);
  expect(await podThere()).toBe(false);
  await beat();
  const body = { status: { conditions: [{ type: "Ready", status: "True" }] } };
  await client.patch(node, { name }, { type: "merge", body }, { subresource: "status" });
  await settle();
  expect([await readyOf(), await taintsOf()]).toEqual(["True", []]);
});

test("nobody was silent while this process itself stood still", async () => {
  await pass(3_600_000);
  expect(await readyOf()).toBe("True");
  await pass(41_000);
  expect(await readyOf()).toBe("Unknown");
});
