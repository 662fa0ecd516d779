import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../lib/log.ts";
import type { KubeObject } from "../../model/meta.ts";
import { StatusError } from "../../model/status.ts";
import { openStore, type OpenStoreOptions } from "./open-store.ts";
import type { Entry, Store, StoreEvent } from "./store.ts";

let folder: string;
let stores: Store[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nagi-store-"));
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function open(options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const path = join(folder, "store.db");
  const store = await openStore({ path, log: silentLogger, freezeValues: true, ...options });
  stores.push(store);
  return store;
}

async function reopen(store: Store, options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  await store[Symbol.asyncDispose]();
  return await open(options);
}

const object = (name: string, data: string, namespace = "default"): KubeObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data }) as KubeObject;

function put(
  store: Store,
  name: string,
  data: string,
  more: { expectedRevision?: number; namespace?: string } = {},
) {
  const { namespace = "default", expectedRevision } = more;
  const make = () => object(name, data, namespace);
  return store.write({ resource: "configmaps", namespace, name, expectedRevision, make });
}

function remove(store: Store, name: string, namespace = "default"): Promise<Entry> {
  return store.write({ resource: "configmaps", namespace, name, make: () => "delete" });
}

const named = (entries: readonly Entry[]): string[] =>
  entries.map((entry) => `${entry.namespace}/${entry.name}=${dataOf(entry)}`);
const dataOf = (entry: Entry | undefined) => (entry?.value as unknown as { data?: string } | undefined)?.data;
const shown = (event: StoreEvent) =>
  `${event.revision} ${event.type} ${event.entry.name}=${dataOf(event.entry)}`;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("writes", () => {
  test("give each version the next revision and show it only once it is committed", async () => {
    const store = await open();
    const first = put(store, "a", "1");
    const second = put(store, "a", "2");
    expect(store.revision).toBe(0);
    expect(store.get({ resource: "configmaps", namespace: "default", name: "a" })).toBeUndefined();
    const [one, two] = await Promise.all([first, second]);
    expect([one.revision, two.revision]).toEqual([1, 2]);
    expect([one.createdRevision, two.createdRevision]).toEqual([1, 1]);
    expect(two.value.metadata.resourceVersion).toBe("2");
    expect(JSON.parse(two.encoded)).toEqual(two.value);
    expect(store.get({ resource: "configmaps", namespace: "default", name: "a" })).toBe(two);
  });

  test("are decided against the newest ordered version, not the committed one", async () => {
    const store = await open();
    const results = await Promise.allSettled([
      put(store, "a", "1", { expectedRevision: 0 }),
      put(store, "a", "2", { expectedRevision: 0 }),
      put(store, "a", "3", { expectedRevision: 1 }),
      put(store, "a", "4", { expectedRevision: 1 }),
      remove(store, "a"),
      put(store, "a", "5", { expectedRevision: 2 }),
      remove(store, "a"),
      put(store, "a", "6", { expectedRevision: 0 }),
    ]);
    const outcomes = results.map((each) =>
      each.status === "fulfilled" ? each.value.revision : (each.reason as StatusError).reason,
    );
    expect(outcomes).toEqual([1, "AlreadyExists", 2, "Conflict", 3, "NotFound", "NotFound", 4]);
  });

  test("that come while a commit is under way wait for the next, in their order", async () => {
    const store = await open({ limits: { commitMaxWrites: 3, commitMaxBytes: 200 } });
    const writes: Promise<Entry>[] = [];
    for (let round = 0; round < 40; round += 1) {
      for (let index = 0; index < round % 9; index += 1) writes.push(put(store, `${index}`, `${round}`));
      await turn();
    }
    const revisions = (await Promise.all(writes)).map((entry) => entry.revision);
    expect(revisions).toEqual(revisions.map((_, index) => index + 1));
  });

  test("whose maker throws leave everything as it was", async () => {
    const store = await open();
    await put(store, "a", "1");
    const make = () => {
      throw new StatusError("Invalid", "no");
    };
    const failing = store.write({ resource: "configmaps", namespace: "default", name: "a", make });
    await expect(failing).rejects.toThrow("no");
    expect((await put(store, "b", "1")).revision).toBe(2);
  });

  test("of too large values and too many at once are refused", async () => {
    const store = await open({ limits: { valueMaxBytes: 1000, pendingMaxWrites: 3 } });
    await expect(put(store, "a", "é".repeat(500))).rejects.toMatchObject({ reason: "RequestEntityTooLarge" });
    const writes = ["a", "b", "c", "d"].map((name) => put(store, name, "1"));
    await expect(writes[3]).rejects.toMatchObject({ reason: "TooManyRequests" });
    await Promise.all(writes.slice(0, 3));
    await put(store, "d", "1");
  });

  test("that wait are finished by closing, later ones are refused", async () => {
    const store = await open();
    const write = put(store, "a", "1");
    const closed = store[Symbol.asyncDispose]();
    await expect(put(store, "b", "1")).rejects.toMatchObject({ reason: "ServiceUnavailable" });
    expect((await write).revision).toBe(1);
    await closed;
    expect(named((await open()).list("configmaps").entries)).toEqual(["default/a=1"]);
  });
});

describe("lists", () => {
  test("are sorted by namespace and name and keep to their resource and namespace", async () => {
    const store = await open();
    await put(store, "b", "1", { namespace: "two" });
    await put(store, "a", "1", { namespace: "two" });
    await put(store, "c", "1", { namespace: "one" });
    await store.write({ resource: "pods", namespace: "two", name: "p", make: () => object("p", "1", "two") });
    expect(named(store.list("configmaps").entries)).toEqual(["one/c=1", "two/a=1", "two/b=1"]);
    expect(named(store.list("configmaps", "two").entries)).toEqual(["two/a=1", "two/b=1"]);
    expect(store.list("configmaps", "none")).toEqual({ revision: 4, entries: [] });
    expect(store.list("unheard")).toEqual({ revision: 4, entries: [] });
  });

  test("at a revision show what was there then, also after reopening", async () => {
    let store = await open();
    await put(store, "a", "1");
    await put(store, "b", "1");
    await put(store, "a", "2");
    await remove(store, "b");
    await put(store, "c", "1");
    const expected = [[], ["a=1"], ["a=1", "b=1"], ["a=2", "b=1"], ["a=2"], ["a=2", "c=1"]];
    for (const again of [false, true]) {
      if (again) store = await reopen(store);
      for (const [revision, entries] of expected.entries()) {
        const list = store.list("configmaps", "default", revision);
        expect(list.revision).toBe(revision);
        expect(named(list.entries)).toEqual(entries.map((text) => `default/${text}`));
      }
    }
    expect(() => store.list("configmaps", undefined, 6)).toThrow("Too large resource version: 6, current: 5");
  });
});

describe("watches", () => {
  test("get past events and then new ones, once and in order, after the call returns", async () => {
    const store = await open();
    await put(store, "a", "1");
    await put(store, "b", "1");
    const seen: string[] = [];
    const onEvents = (events: readonly StoreEvent[]) => void seen.push(...events.map(shown));
    const watch = store.watch({ resource: "configmaps", afterRevision: 1, onEvents });
    expect(seen).toEqual([]);
    await Promise.all([put(store, "a", "2"), remove(store, "b"), put(store, "b", "2")]);
    expect(seen).toEqual(["2 ADDED b=1", "3 MODIFIED a=2", "4 DELETED b=1", "5 ADDED b=2"]);
    watch.stop();
    await put(store, "c", "1");
    expect(seen).toHaveLength(4);
  });

  test("carry the previous version, and a deletion its own revision", async () => {
    const store = await open();
    const created = await put(store, "a", "1");
    const events: StoreEvent[] = [];
    store.watch({
      resource: "configmaps",
      afterRevision: 0,
      onEvents: (batch) => void events.push(...batch),
    });
    const updated = await put(store, "a", "2");
    const deleted = await remove(store, "a");
    expect(events.map((event) => event.previous)).toEqual([undefined, created, updated]);
    expect(events[2]?.entry).toBe(deleted);
    expect(deleted.value.metadata.resourceVersion).toBe("3");
    expect(dataOf(deleted)).toBe("2");
  });

  test("of one namespace get only its events", async () => {
    const store = await open();
    const seen: string[] = [];
    const onEvents = (events: readonly StoreEvent[]) => {
      expect(events).not.toHaveLength(0);
      seen.push(...events.map(shown));
    };
    store.watch({ resource: "configmaps", namespace: "two", afterRevision: 0, onEvents });
    await Promise.all([put(store, "a", "1"), put(store, "b", "1", { namespace: "two" })]);
    await put(store, "c", "1");
    expect(seen).toEqual(["2 ADDED b=1"]);
  });

  test("that are started by a callback miss and repeat nothing", async () => {
    const store = await open();
    const seen: string[] = [];
    let nested = false;
    store.watch({
      resource: "configmaps",
      afterRevision: 0,
      onEvents: () => {
        if (nested) return;
        nested = true;
        const onEvents = (events: readonly StoreEvent[]) => void seen.push(...events.map(shown));
        store.watch({ resource: "configmaps", afterRevision: 0, onEvents });
      },
    });
    await Promise.all([put(store, "a", "1"), put(store, "b", "1")]);
    await put(store, "c", "1");
    expect(seen).toEqual(["1 ADDED a=1", "2 ADDED b=1", "3 ADDED c=1"]);
  });

  test("whose callback throws are dropped without harm to others", async () => {
    const store = await open();
    let calls = 0;
    const seen: string[] = [];
    const fail = () => {
      calls += 1;
      throw new Error("broken");
    };
    store.watch({ resource: "configmaps", afterRevision: 0, onEvents: fail });
    const onEvents = (events: readonly StoreEvent[]) => void seen.push(...events.map(shown));
    store.watch({ resource: "configmaps", afterRevision: 0, onEvents });
    await put(store, "a", "1");
    await put(store, "b", "1");
    expect(calls).toBe(1);
    expect(seen).toHaveLength(2);
  });

  test("from a revision of another store's future are told to start over", async () => {
    const store = await open();
    const watch = () => store.watch({ resource: "configmaps", afterRevision: 9, onEvents: () => undefined });
    expect(watch).toThrow(expect.objectContaining({ reason: "Expired" }));
  });
});

describe("compaction", () => {
  test("forgets older versions, keeps the newest, and lasts", async () => {
    let store = await open();
    await put(store, "a", "1");
    await put(store, "a", "2");
    await put(store, "b", "1");
    await remove(store, "b");
    await store.compact(4);
    for (const again of [false, true]) {
      if (again) store = await reopen(store);
      expect(named(store.list("configmaps").entries)).toEqual(["default/a=2"]);
      expect(named(store.list("configmaps", undefined, 4).entries)).toEqual(["default/a=2"]);
      expect(() => store.list("configmaps", undefined, 3)).toThrow("too old resource version: 3 (4)");
      const watch = () =>
        store.watch({ resource: "configmaps", afterRevision: 3, onEvents: () => undefined });
      expect(watch).toThrow(expect.objectContaining({ reason: "Expired", code: 410 }));
      store.watch({ resource: "configmaps", afterRevision: 4, onEvents: () => undefined }).stop();
    }
    expect((await put(store, "c", "1")).revision).toBe(5);
  });

  test("of the whole log does not give a revision again after reopening", async () => {
    let store = await open();
    await put(store, "a", "1");
    await remove(store, "a");
    await store.compact(2);
    store = await reopen(store);
    expect(store.revision).toBe(2);
    expect((await put(store, "a", "2")).revision).toBe(3);
  });

  test("happens by itself when the window is over its limit", async () => {
    let store = await open({ limits: { windowMaxEvents: 10 } });
    for (let round = 1; round <= 100; round++) await put(store, "a", String(round));
    await turn();
    expect(() => store.list("configmaps", undefined, 80)).toThrow(StatusError);
    expect(named(store.list("configmaps", undefined, 95).entries)).toEqual(["default/a=95"]);
    store = await reopen(store, { limits: { windowMaxEvents: 10 } });
    expect(() => store.list("configmaps", undefined, 80)).toThrow(StatusError);
    expect(named(store.list("configmaps").entries)).toEqual(["default/a=100"]);
  });

  test("beyond the newest revision is refused", async () => {
    const store = await open();
    await expect(store.compact(1)).rejects.toThrow("cannot compact to revision 1: the store is at 0");
  });
});

test("a second opener is told which process has the store", async () => {
  const store = await open();
  await expect(open()).rejects.toThrow(`process ${process.pid} has it open`);
  await reopen(store);
});
