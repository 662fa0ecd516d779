import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/log.ts";
import { configMap, type ConfigMap } from "../model/kinds/core/configmap/configmap.ts";
import { newObject } from "../model/kind.ts";
import { keyOf, refOf } from "../model/meta.ts";
import { runController, type ControllerOptions } from "./controller.ts";
import { FakeClient } from "./testing/fake-client.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const config = (name: string, target?: string): ConfigMap =>
  newObject(configMap, { name, namespace: "default" }, { data: target === undefined ? {} : { target } });

function run(client: FakeClient, options: Partial<ControllerOptions>) {
  const clock = new FakeClock();
  const abort = new AbortController();
  const keysOf = (object: ConfigMap) => [keyOf(refOf(object))];
  const ended = runController(
    {
      name: "test",
      client,
      clock,
      log: silentLogger,
      watches: [{ kind: configMap, keysOf }],
      reconcile: () => Promise.resolve(),
      ...options,
    },
    abort.signal,
  );
  const stop = async () => {
    abort.abort();
    await ended;
  };
  stops.push(stop);
  return { clock, stop };
}

describe("a controller", () => {
  test("reconciles what is there and what changes", async () => {
    const client = new FakeClient({ objects: [config("a"), config("b")] });
    const keys: string[] = [];
    run(client, { reconcile: (key) => Promise.resolve(void keys.push(key)) });
    await vi.waitFor(() => expect(keys).toEqual(["default/a", "default/b"]));
    await client.delete(configMap, { namespace: "default", name: "a" });
    await vi.waitFor(() => expect(keys.slice(2)).toEqual(["default/a"]));
  });

  test("wakes the keys of the old and of the new version", async () => {
    const client = new FakeClient({ objects: [config("a", "one")] });
    const keys: string[] = [];
    const keysOf = ({ data }: ConfigMap) => [data?.["target"] ?? ""];
    const reconcile = (key: string) => Promise.resolve(void keys.push(key));
    run(client, { watches: [{ kind: configMap, keysOf }], reconcile });
    await vi.waitFor(() => expect(keys).toEqual(["one"]));
    const body = { data: { target: "two" } };
    await client.patch(configMap, { namespace: "default", name: "a" }, { type: "merge", body });
    await vi.waitFor(() => expect(keys.slice(1)).toEqual(["one", "two"]));
  });

  test("comes back to failed keys with back-off, to asked ones in time, and to all at the resync", async () => {
    const client = new FakeClient({ objects: [config("a")] });
    const times: number[] = [];
    const results = [
      () => Promise.reject(new Error("first")),
      () => Promise.reject(new Error("second")),
      () => Promise.resolve({ requeueAfterMs: 500 }),
    ];
    const reconcile = () => {
      times.push(clock.now());
      return results.shift()?.() ?? Promise.resolve();
    };
    const { clock } = run(client, { backoff: { baseMs: 10, capMs: 1000 }, resyncMs: 10_000, reconcile });
    const startMs = clock.now();
    for (const [count, stepMs] of [
      [1, 0],
      [2, 10],
      [3, 20],
      [4, 500],
      [5, 9470],
    ] as const) {
      clock.advance(stepMs);
      await vi.waitFor(() => expect(times).toHaveLength(count));
    }
    expect(times.map((time) => time - startMs)).toEqual([0, 10, 30, 530, 10_000]);
  });

  test("works on different keys at a time, never on one twice, and waits for them when it ends", async () => {
    const client = new FakeClient({ objects: ["a", "b", "c"].map((name) => config(name)) });
    let working = 0;
    let most = 0;
    let finished = 0;
    const gate = Promise.withResolvers<void>();
    const reconcile = async () => {
      most = Math.max(most, (working += 1));
      await gate.promise;
      working -= 1;
      finished += 1;
    };
    const { stop } = run(client, { workers: 2, reconcile });
    await vi.waitFor(() => expect(working).toBe(2));
    const stopped = stop();
    gate.resolve();
    await stopped;
    expect([most, finished]).toEqual([2, 2]);
  });
});
