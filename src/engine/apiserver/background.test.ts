import { afterEach, expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { configMap } from "../../model/kinds/core/configmap/configmap.ts";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

async function start(options: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

const minuteMs = 60_000;

function eventOf(name: string, lastMs: number): Event {
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace: "default" },
    involvedObject: { kind: "Pod", name: "a", namespace: "default" },
    lastTimestamp: new Date(lastMs).toISOString(),
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("old events go, recent ones stay", async () => {
  const clock = new FakeClock();
  const { client } = await start({ clock });
  await client.create(event, eventOf("old", clock.now()));
  await client.create(event, eventOf("recent", clock.now() + 50 * minuteMs));
  const names = async () => (await client.list(event)).items.map(({ metadata }) => metadata.name);
  for (let passed = 0; passed < 70; passed += 5) {
    clock.advance(5 * minuteMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(async () => (await names()).length === 1);
  expect(await names()).toEqual(["recent"]);
});

test("a watcher in this process that does not take its events is told to list again", async () => {
  const { client } = await start({ limits: { watchBufferEvents: 5 } });
  const events = client.watch(configMap, { resourceVersion: "1" })[Symbol.asyncIterator]();
  const make = (name: string) =>
    client.create(configMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default" },
    });
  const first = events.next();
  await make("first");
  expect(await first).toMatchObject({ value: { type: "ADDED" } });
  for (let index = 0; index < 10; index++) await make(`more-${index}`);
  await expect(
    (async () => {
      while ((await events.next()).done !== true);
    })(),
  ).rejects.toMatchObject({ reason: "Expired", code: 410 });
});

test("bookmarks move a quiet watcher on; an abort ends it", async () => {
  const clock = new FakeClock();
  const { client, store } = await start({ clock });
  const stopping = new AbortController();
  const options = { allowBookmarks: true, signal: stopping.signal, resourceVersion: String(store.revision) };
  const events = client.watch(event, options)[Symbol.asyncIterator]();
  const next = events.next();
  await client.create(configMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "default" },
  });
  clock.advance(minuteMs);
  expect(await next).toEqual({
    done: false,
    value: { type: "BOOKMARK", resourceVersion: String(store.revision) },
  });
  const end = events.next();
  stopping.abort();
  expect(await end).toEqual({ done: true, value: undefined });
});
