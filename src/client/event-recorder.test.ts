import { expect, test } from "vitest";
import { FakeClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/log.ts";
import { event } from "../model/kinds/core/event/event.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import { newObject } from "../model/kind.ts";
import { StatusError } from "../model/status.ts";
import { EventRecorder } from "./event-recorder.ts";
import { FakeClient } from "./testing/fake-client.ts";

const aPod: Pod = newObject(pod, { name: "p", namespace: "n", uid: "u" }, { spec: { containers: [] } });

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
    involvedObject: { apiVersion: "v1", kind: "Pod", namespace: "n", name: "p", uid: "u" },
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
