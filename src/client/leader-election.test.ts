import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { FakeClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/log.ts";
import { seededRandom } from "../lib/random.ts";
import { lease } from "../model/kinds/coordination/lease/lease.ts";
import { StatusError } from "../model/status.ts";
import { LeaderElection } from "./leader-election.ts";
import { FakeClient } from "./testing/fake-client.ts";

const clock = new FakeClock();
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await setImmediate();
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    await settle();
  }
}

function candidate(client: FakeClient, identity: string) {
  const random = seededRandom(1);
  const election = new LeaderElection({
    client,
    clock,
    random,
    log: silentLogger,
    namespace: "kube-system",
    name: "nagi",
    identity,
  });
  const abort = new AbortController();
  const state = { terms: 0, leading: false };
  const lead = async (signal: AbortSignal): Promise<void> => {
    state.terms++;
    state.leading = true;
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    state.leading = false;
  };
  const running = (async () => {
    while (!abort.signal.aborted) await election.term(lead, abort.signal);
  })();
  const end = async (): Promise<void> => {
    abort.abort();
    await settle();
    await pass(3000);
    await running;
  };
  ends.push(end);
  return { election, state, end };
}

const spec = async (client: FakeClient) =>
  (await client.get(lease, { namespace: "kube-system", name: "nagi" })).spec;

test("one leads; the other takes over at once when it ends, and the lease tells of it", async () => {
  const client = new FakeClient({ clock });
  const a = candidate(client, "a");
  await settle();
  const b = candidate(client, "b");
  await pass(30_000);
  expect([a.state.leading, b.state.leading, b.election.isLeader]).toEqual([true, false, false]);
  expect(await spec(client)).toMatchObject({
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    leaseTransitions: 0,
  });
  expect((await spec(client))?.renewTime).toMatch(/[.]\d{6}Z$/);
  await a.end();
  await pass(2500);
  expect([a.state.leading, b.state.leading]).toEqual([false, true]);
  expect(await spec(client)).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
});

test("who cannot renew leads no longer before another may lead, and comes back", async () => {
  const client = new FakeClient({ clock });
  const a = candidate(client, "a");
  await settle();
  const b = candidate(client, "b");
  await pass(4000);
  let both = 0;
  const stop = client.onCall(({ verb }) => {
    if (verb === "update") throw new StatusError("ServiceUnavailable", "not now");
  });
  for (let second = 0; second < 12; second++) {
    await pass(1000);
    if (a.state.leading && b.state.leading) both++;
  }
  expect([a.state.leading, b.state.leading]).toEqual([false, false]);
  stop();
  await pass(20_000);
  expect(both).toBe(0);
  expect([a.state.leading, b.state.leading].filter(Boolean)).toHaveLength(1);
});

test("after a long sleep it knows at once that its time is up", async () => {
  const client = new FakeClient({ clock });
  const { election } = candidate(client, "a");
  await settle();
  expect(election.isLeader).toBe(true);
  clock.advance(60_000);
  expect(election.isLeader).toBe(false);
});

test("a lease of a process that died is taken when its time has passed by the own clock", async () => {
  const client = new FakeClient({ clock });
  const old = { holderIdentity: "dead", leaseDurationSeconds: 15, renewTime: "2001-01-01T00:00:00.000000Z" };
  client.seed({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: "kube-system", name: "nagi" },
    spec: old,
  } as never);
  const { state } = candidate(client, "a");
  await pass(14_000);
  expect(state.leading).toBe(false);
  await pass(4000);
  expect(state.leading).toBe(true);
});
