import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeClock } from "../lib/clock.ts";
import { silentLogger } from "../lib/log.ts";
import { configMap, type ConfigMap } from "../model/kinds/core/configmap/configmap.ts";
import { newObject } from "../model/kind.ts";
import { StatusError } from "../model/status.ts";
import { Informer, type InformerChange, type InformerOptions } from "./informer.ts";
import { FakeClient } from "./testing/fake-client.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const config = (name: string, owner = "x", namespace = "default"): ConfigMap =>
  newObject(configMap, { name, namespace, labels: { owner } }, { data: {} });
const relabel = (owner: string) => ({ type: "merge", body: { metadata: { labels: { owner } } } }) as const;
const at = (name: string) => ({ namespace: "default", name });

function follow(client: FakeClient, clock: FakeClock, more: Partial<InformerOptions<ConfigMap>> = {}) {
  const abort = new AbortController();
  const indexers = { owner: ({ metadata }: ConfigMap) => [metadata.labels?.["owner"] ?? ""] };
  const informer = new Informer({ client, kind: configMap, clock, log: silentLogger, indexers, ...more });
  const seen: string[] = [];
  const show = ({ type, object }: InformerChange<ConfigMap>) =>
    void seen.push(`${type} ${object.metadata.name}`);
  informer.onChange(show);
  const ended = informer.run(abort.signal);
  stops.push(async () => {
    abort.abort();
    await ended;
  });
  return { informer, seen, signal: abort.signal };
}

describe("an informer", () => {
  test("holds what is there and follows it", async () => {
    const client = new FakeClient({ objects: [config("a"), config("b")] });
    const { informer, seen, signal } = follow(client, new FakeClock());
    expect(informer.hasSynced).toBe(false);
    await informer.waitForSync(signal);
    expect(seen).toEqual(["added a", "added b"]);
    await client.create(configMap, config("c", "y", "other"));
    await client.patch(configMap, at("a"), relabel("y"));
    await client.delete(configMap, at("b"));
    await vi.waitFor(() => expect(seen.slice(2)).toEqual(["added c", "updated a", "deleted b"]));
    expect(informer.get("default/a")?.metadata.labels).toEqual({ owner: "y" });
    expect(informer.list("other").map(({ metadata }) => metadata.name)).toEqual(["c"]);
    expect(informer.byIndex("owner", "y").map(({ metadata }) => metadata.name)).toEqual(["c", "a"]);
    expect(informer.byIndex("owner", "x")).toEqual([]);
    expect(() => informer.byIndex("color", "x")).toThrow("no index color");
  });

  test("lists now and then what cannot be watched", async () => {
    const client = new FakeClient({ objects: [config("a")] });
    const clock = new FakeClock();
    client.onCall(({ verb }) => {
      if (verb === "watch")
        throw new StatusError("MethodNotAllowed", "the server does not allow this method");
    });
    const { seen, informer, signal } = follow(client, clock);
    await informer.waitForSync(signal);
    const later = async (): Promise<void> => {
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(15_000);
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
    };
    await later();
    await client.create(configMap, config("b"));
    await client.delete(configMap, at("a"));
    await later();
    expect(seen).toEqual(["added a", "added b", "deleted a"]);
  });

  test("lists again when the watch cannot go on, and tells exactly the difference", async () => {
    const client = new FakeClient({ objects: [config("a"), config("b"), config("c")] });
    const clock = new FakeClock();
    const { informer, seen, signal } = follow(client, clock);
    await informer.waitForSync(signal);
    await new Promise((resolve) => setImmediate(resolve));
    const stop = client.onCall(() => {
      throw new StatusError("ServiceUnavailable", "down");
    });
    client.expireWatches();
    await new Promise((resolve) => setImmediate(resolve));
    stop();
    await client.delete(configMap, at("a"));
    await client.patch(configMap, at("b"), relabel("z"));
    await client.create(configMap, config("d"));
    await vi.waitFor(() => {
      clock.advance(1000);
      expect(seen.slice(3)).toEqual(["updated b", "added d", "deleted a"]);
    });
  });

  test("survives a server that fails and a handler that throws", async () => {
    const client = new FakeClient({ objects: [config("a")] });
    const clock = new FakeClock();
    let failures = 3;
    client.onCall(() => {
      if (failures-- > 0) throw new StatusError("ServiceUnavailable", "down");
    });
    const { informer, seen, signal } = follow(client, clock);
    informer.onChange(() => {
      throw new Error("broken handler");
    });
    let synced = false;
    void informer.waitForSync(signal).then(() => (synced = true));
    await vi.waitFor(() => {
      clock.advance(1000);
      expect(synced).toBe(true);
    });
    expect(seen).toEqual(["added a"]);
  });

  test("with a selector drops what leaves the selection", async () => {
    const client = new FakeClient({ objects: [config("a"), config("b", "other")] });
    const { informer, seen, signal } = follow(client, new FakeClock(), { labelSelector: "owner=x" });
    await informer.waitForSync(signal);
    await client.patch(configMap, at("a"), relabel("other"));
    await client.patch(configMap, at("b"), relabel("x"));
    await vi.waitFor(() => expect(seen).toEqual(["added a", "deleted a", "added b"]));
  });
});
