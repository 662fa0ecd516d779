import { expect, test } from "vitest";
import { FakeClock, systemClock } from "../lib/clock.ts";
import { configMap, type ConfigMap } from "../model/kinds/core/configmap/configmap.ts";
import { newObject } from "../model/kind.ts";
import { FakeClient } from "./testing/fake-client.ts";
import { waitFor } from "./wait-for.ts";

const ref = { namespace: "default", name: "a" };
const config = (value: string): ConfigMap => newObject(configMap, ref, { data: { value } });
const options = { clock: systemClock, timeoutMs: 10_000 };
const until = (object: ConfigMap | undefined) => object?.data?.["value"] === "yes";

test("waits for an object to be as wanted, though it is not there yet and watches break", async () => {
  const client = new FakeClient();
  const waited = waitFor(client, { kind: configMap, ref, until }, options);
  await new Promise((resolve) => setImmediate(resolve));
  client.expireWatches();
  await client.create(configMap, config("no"));
  await client.patch(configMap, ref, { type: "merge", body: { data: { value: "yes" } } });
  expect((await waited)?.data).toEqual({ value: "yes" });
});

test("waits for an object to be gone", async () => {
  const client = new FakeClient({ objects: [config("no")] });
  const gone = (object: ConfigMap | undefined) => object === undefined;
  const waited = waitFor(client, { kind: configMap, ref, until: gone }, options);
  await client.delete(configMap, ref);
  expect(await waited).toBeUndefined();
});

test("gives up after its time, at an abort, and at what the condition throws", async () => {
  const clock = new FakeClock();
  const client = new FakeClient({ objects: [config("no")] });
  const late = waitFor(client, { kind: configMap, ref, until }, { clock, timeoutMs: 2000 });
  const message = 'timed out after 2 s waiting for configmap "default/a"';
  const timedOut = expect(late).rejects.toMatchObject({ reason: "Timeout", message });
  clock.advance(2000);
  await timedOut;
  const abort = new AbortController();
  const aborted = waitFor(client, { kind: configMap, ref, until }, { ...options, signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  const hopeless = () => {
    throw new Error("it failed");
  };
  await expect(waitFor(client, { kind: configMap, ref, until: hopeless }, options)).rejects.toThrow(
    "it failed",
  );
});
