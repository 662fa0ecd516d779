import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { FakeClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/log.ts";
import { event } from "../model/kinds/core/event/event.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import { newObject, type Kind } from "../model/kind.ts";
import type { KubeObject } from "../model/meta.ts";
import { StatusError } from "../model/status.ts";
import { EventRecorder } from "./event-recorder.ts";
import { FakeClient } from "./testing/fake-client.ts";

const aPod = podNamed("p");

function podNamed(name: string): Pod {
  return newObject(pod, { name, namespace: "n", uid: `uid of ${name}` }, { spec: { containers: [] } });
}

function setUp() {
  const clock = new FakeClock(Date.parse("2026-01-01T00:00:00Z"));
  const client = new FakeClient({ clock });
  return { clock, client, recorder: new EventRecorder({ client, component: "c", clock, log: silentLogger }) };
}

test("an event says what happened to what, and counts when it happens again", async () => {
  const { clock, client, recorder } = setUp();
  recorder.event(aPod, "Warning", "Failed", "no");
  recorder.event(aPod, "Warning", "Failed", "another");
  await recorder.flushed();
  clock.advance(61_000);
  recorder.event(aPod, "Warning", "Failed", "no");
  await recorder.flushed();
  const { items } = await client.list(event, { fieldSelector: "involvedObject.name=p,type=Warning" });
  expect(items.map(({ message, count }) => [message, count])).toEqual([
    ["no", 2],
    ["another", 1],
  ]);
  expect(items[0]).toMatchObject({
    involvedObject: { apiVersion: "v1", kind: "Pod", namespace: "n", name: "p", uid: "uid of p" },
    reason: "Failed",
    source: { component: "c" },
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:01:01Z",
  });
});

test("an event that was deleted is made anew", async () => {
  const { client, recorder } = setUp();
  recorder.event(aPod, "Normal", "Done", "yes");
  await recorder.flushed();
  const [first] = (await client.list(event)).items;
  await client.delete(event, { namespace: "n", name: first?.metadata.name ?? "" });
  recorder.event(aPod, "Normal", "Done", "yes");
  await recorder.flushed();
  expect((await client.list(event)).items.map(({ count }) => count)).toEqual([1]);
});

test("recording fails nobody, and goes on after a failure", async () => {
  const { client, recorder } = setUp();
  const stop = client.onCall(() => {
    throw new StatusError("ServiceUnavailable", "down");
  });
  recorder.event(aPod, "Normal", "Lost", "m");
  await recorder.flushed();
  stop();
  recorder.event(aPod, "Normal", "Kept", "m");
  await recorder.flushed();
  expect((await client.list(event)).items.map(({ reason }) => reason)).toEqual(["Kept"]);
});

test("a burst of the same becomes one event with its count, and of many different ones none is lost", async () => {
  const { client, recorder } = setUp();
  for (let index = 0; index < 3000; index++) {
    recorder.event(aPod, "Normal", "Same", "m");
    recorder.event(podNamed(`p-${index}`), "Normal", "Different", "m");
  }
  await recorder.flushed();
  recorder.event(aPod, "Normal", "Same", "m");
  await recorder.flushed();
  const { items } = await client.list(event);
  expect(items.filter(({ reason }) => reason === "Same").map(({ count }) => count)).toEqual([3001]);
  expect(new Set(items.map(({ involvedObject }) => involvedObject.name)).size).toBe(3001);
});

test("events are written several at a time, but one by one while there is something better to do", async () => {
  const clock = new FakeClock();
  const state = { busy: true, open: 0, most: 0 };
  class SlowClient extends FakeClient {
    override async create<T extends KubeObject>(kind: Kind<T>, object: T): Promise<T> {
      state.open += 1;
      state.most = Math.max(state.most, state.open);
      await setImmediate();
      state.open -= 1;
      return super.create(kind, object);
    }
  }
  const client = new SlowClient({ clock });
  const recorder = new EventRecorder({
    client,
    component: "c",
    isBusy: () => state.busy,
    clock,
    log: silentLogger,
  });
  for (let index = 0; index < 30; index++) recorder.event(aPod, "Normal", "Slow", String(index));
  await recorder.flushed();
  expect(state.most).toBe(1);
  state.busy = false;
  for (let index = 0; index < 30; index++) recorder.event(aPod, "Normal", "Fast", String(index));
  await recorder.flushed();
  expect(state.most).toBeGreaterThan(4);
  expect((await client.list(event)).items).toHaveLength(60);
});

test("closing writes what is there, unless that is very much", async () => {
  const { client, recorder } = setUp();
  for (let index = 0; index < 5000; index++) recorder.event(aPod, "Normal", "Late", String(index));
  await recorder.close();
  const written = (await client.list(event)).items.length;
  expect(written).toBeGreaterThanOrEqual(1000);
  expect(written).toBeLessThan(1100);
});
