import { expect, test } from "vitest";
import type { Client } from "../../client/client.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import type { PodStatus } from "../../model/kinds/core/pod/pod-status.ts";
import { refOf } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";
import { StatusPublisher } from "./status-publisher.ts";

async function started(
  fake: FakeClient,
  client: Client = fake,
): Promise<{ pod: Pod; publisher: StatusPublisher }> {
  const spec = { containers: [{ name: "web", image: "web" }] };
  const pod = await fake.create(
    podKind,
    newObject<Pod>(podKind, { namespace: "default", name: "web" }, { spec }),
  );
  const { signal } = new AbortController();
  const options = { client, pod, clock: new FakeClock(), log: silentLogger, signal };
  return { pod, publisher: new StatusPublisher(options) };
}

/** A publisher that hears of each version of its pod only when it is told to. */
async function watched() {
  const fake = new FakeClient();
  let patches = 0;
  fake.onCall(({ verb, ref }) => {
    if (verb === "patch" && ref?.name === "web") patches += 1;
  });
  const { pod, publisher } = await started(fake);
  const get = (): Promise<Pod> => fake.get(podKind, refOf(pod));
  const change = async (conditions: PodStatus["conditions"]): Promise<void> => {
    const current = await get();
    const status = { ...current.status, conditions };
    await fake.update(podKind, { ...current, status }, { subresource: "status" });
  };
  const publish = async (status: PodStatus): Promise<void> => {
    publisher.publish(status);
    await publisher.flushed();
  };
  return { publisher, publish, get, change, patches: () => patches };
}

const ready: PodStatus = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const running: PodStatus = { phase: "Running", podIP: "10.0.0.2" };
const succeeded: PodStatus = { phase: "Succeeded" };

test("what is published at any moment around the end of a write is written", async () => {
  for (let turns = 0; turns < 12; turns += 1) {
    const fake = new FakeClient();
    let written = Promise.withResolvers<void>();
    const client = new Proxy(fake, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "patch") return value.bind(target) as unknown;
        return async (...given: unknown[]): Promise<unknown> => {
          const result: unknown = await (value as (...all: unknown[]) => unknown).apply(target, given);
          written.resolve();
          return result;
        };
      },
    });
    const { pod, publisher: tested } = await started(fake, client);
    tested.publish(running);
    await written.promise;
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    written = Promise.withResolvers();
    tested.publish(succeeded);
    await tested.flushed();
    const { status } = await fake.get(podKind, refOf(pod));
    expect(status, `after ${turns} turns`).toMatchObject({ phase: "Succeeded" });
    expect(status).not.toHaveProperty("podIP");
  }
});

test("the same status twice is written once", async () => {
  const fake = new FakeClient();
  let patches = 0;
  fake.onCall(({ verb }) => {
    if (verb === "patch") patches += 1;
  });
  const { publisher: tested } = await started(fake);
  tested.publish(running);
  await tested.flushed();
  tested.publish({ ...running });
  await tested.flushed();
  expect(patches).toBe(1);
});

test("one that is refused does not keep the next one from being written", async () => {
  const fake = new FakeClient();
  const { pod, publisher: tested } = await started(fake);
  const end = fake.onCall(({ verb }) => {
    if (verb !== "patch") return;
    end();
    tested.publish(succeeded);
    throw new StatusError("Invalid", "no such phase");
  });
  tested.publish(running);
  await tested.flushed();
  expect((await fake.get(podKind, refOf(pod))).status).toMatchObject({ phase: "Succeeded" });
});

test("what others change of its conditions is written again, once", async () => {
  const { publisher, publish, get, change, patches } = await watched();
  await publish(ready);
  await change([{ type: "Ready", status: "False", reason: "NodeNotReady" }]);
  publisher.observe(await get());
  await publish({ ...ready });
  expect((await get()).status?.conditions).toEqual([{ type: "Ready", status: "True" }]);
  expect(patches()).toBe(2);
  publisher.observe(await get());
  await publish({ ...ready });
  expect(patches()).toBe(2);
});

test("its own earlier writes, and conditions of others, make it write nothing", async () => {
  const { publisher, publish, get, change, patches } = await watched();
  await publish({ phase: "Running", conditions: [{ type: "Ready", status: "False" }] });
  const earlier = await get();
  await publish(ready);
  publisher.observe(earlier);
  await publish({ ...ready });
  await change([
    { type: "Ready", status: "True" },
    { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" },
  ]);
  publisher.observe(await get());
  await publish({ ...ready });
  expect(patches()).toBe(2);
});

test("why the agent ends a pod is written; why others do stays as they wrote it", async () => {
  const { publish, get, change } = await watched();
  const api = { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" } as const;
  await change([{ ...api, message: "newer" }]);
  await publish({ phase: "Running", conditions: [{ ...api, message: "older" }] });
  expect((await get()).status?.conditions).toEqual([{ ...api, message: "newer" }]);
  const own = { ...api, reason: "TerminationByKubelet", message: "short of memory" };
  await publish({ phase: "Failed", conditions: [own] });
  expect((await get()).status?.conditions).toEqual([own]);
});
