/**
 * The three clients behave the same: the one inside the API server's process, the one over HTTPS, and the fake
 * that tests of reconcilers use instead. What differs here would be a bug that only shows on a cluster, or only
 * outside the tests.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client, WatchEvent } from "../../src/client/client.ts";
import { Discovery } from "../../src/client/discovery.ts";
import { HttpsClient } from "../../src/client/https-client.ts";
import { Informer } from "../../src/client/informer.ts";
import { FakeClient } from "../../src/client/testing/fake-client.ts";
import { waitFor } from "../../src/client/wait-for.ts";
import { startTestServer, type TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { newObject } from "../../src/model/kind.ts";
import { deployment, type Deployment } from "../../src/model/kinds/apps/deployment/deployment.ts";
import { configMap, type ConfigMap } from "../../src/model/kinds/core/configmap/configmap.ts";
import { node, type Node } from "../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { keyOf, refOf, type KubeObject } from "../../src/model/meta.ts";

let server: TestServer;
let https: HttpsClient;
const clients = new Map<string, Client>();

beforeAll(async () => {
  server = await startTestServer();
  const { port } = await server.listen();
  const connection = {
    server: `https://127.0.0.1:${port}`,
    ca: server.caPem,
    token: server.server.tokenOf("admin"),
    namespace: "default",
  };
  https = new HttpsClient({ connection, clock: systemClock });
  clients.set("in-process", server.client);
  clients.set("HTTPS", https);
  clients.set("fake", new FakeClient());
});

afterAll(async () => {
  https.close();
  await server[Symbol.asyncDispose]();
});

let names = 0;
/** A name for this test and client alone, since two clients share a server. */
const freshName = (): string => `object-${(names += 1)}`;
const at = (name: string) => ({ namespace: "default", name });
const config = (name: string, data: Record<string, string>, labels: Record<string, string> = {}): ConfigMap =>
  newObject(configMap, { ...at(name), labels }, { data });
const aPod = (name: string): Pod =>
  newObject(pod, at(name), { spec: { containers: [{ name: "c", image: "i" }] } });

async function take<T extends KubeObject>(
  events: AsyncIterable<WatchEvent<T>>,
  count: number,
): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    if (event.type !== "BOOKMARK") seen.push(`${event.type} ${event.object.metadata.name}`);
    if (seen.length === count) break;
  }
  return seen;
}

describe.each(["in-process", "HTTPS", "fake"])("the %s client", (which) => {
  let client: Client;
  beforeAll(() => {
    const found = clients.get(which);
    if (found === undefined) throw new Error(`no client ${which}`);
    client = found;
  });

  test("creates, reads, replaces and deletes", async () => {
    const name = freshName();
    const created = await client.create(configMap, config(name, { k: "1" }));
    expect(created.metadata).toMatchObject({ name, namespace: "default" });
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await client.get(configMap, at(name))).toEqual(created);
    const updated = await client.update(configMap, { ...created, data: { k: "2" } });
    expect(Number(updated.metadata.resourceVersion)).toBeGreaterThan(
      Number(created.metadata.resourceVersion),
    );
    await client.delete(configMap, at(name));
    await expect(client.get(configMap, at(name))).rejects.toMatchObject({
      name: "StatusError",
      reason: "NotFound",
      message: `configmaps "${name}" not found`,
    });
  });

  test("refuses what exists, what is old and what is not there, in the same words", async () => {
    const name = freshName();
    const first = await client.create(configMap, config(name, {}));
    await client.update(configMap, { ...first, data: { k: "2" } });
    await expect(client.create(configMap, config(name, {}))).rejects.toMatchObject({
      reason: "AlreadyExists",
      message: `configmaps "${name}" already exists`,
    });
    const conflict = `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`;
    await expect(client.update(configMap, { ...first, data: {} })).rejects.toMatchObject({
      reason: "Conflict",
      message: conflict,
    });
    const patch = { type: "merge", body: { data: { k: "3" } } } as const;
    await expect(client.patch(configMap, at(freshName()), patch)).rejects.toMatchObject({
      reason: "NotFound",
    });
    await expect(client.delete(configMap, at(freshName()))).rejects.toMatchObject({ reason: "NotFound" });
  });

  test("refuses an invalid object and names the field", async () => {
    const name = freshName();
    const bad = newObject<Pod>(pod, at(name), { spec: { containers: [] } });
    await expect(client.create(pod, bad)).rejects.toMatchObject({
      reason: "Invalid",
      code: 422,
      details: { name, kind: "Pod" },
    });
  });

  test("patches in all three ways", async () => {
    const name = freshName();
    await client.create(pod, { ...aPod(name), metadata: { ...at(name), labels: { a: "1", b: "1" } } });
    const merge = { metadata: { labels: { a: "2", b: null } } };
    const merged = await client.patch(pod, at(name), { type: "merge", body: merge });
    expect(merged.metadata.labels).toEqual({ a: "2" });
    const strategic = { spec: { containers: [{ name: "c", image: "new" }] } };
    const patched = await client.patch(pod, at(name), { type: "strategic", body: strategic });
    expect(patched.spec.containers).toMatchObject([{ name: "c", image: "new", imagePullPolicy: "Always" }]);
    const operations = [{ op: "replace", path: "/metadata/labels/a", value: "3" }] as const;
    const json = await client.patch(pod, at(name), { type: "json", body: operations });
    expect(json.metadata.labels).toEqual({ a: "3" });
  });

  test("keeps status apart from the rest and counts generations", async () => {
    const name = freshName();
    const labels = { app: name };
    const spec = { containers: [{ name: "c", image: "i" }] };
    const template = { metadata: { labels }, spec };
    const made = newObject<Deployment>(deployment, at(name), {
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
    });
    const created = await client.create(deployment, made);
    expect(created.metadata.generation).toBe(1);
    const body = { spec: { replicas: 3 }, status: { replicas: 7 } };
    const scaled = await client.patch(deployment, at(name), { type: "merge", body });
    expect([scaled.metadata.generation, scaled.spec.replicas, scaled.status?.replicas]).toEqual([
      2,
      3,
      undefined,
    ]);
    const told = await client.patch(
      deployment,
      at(name),
      { type: "merge", body: { spec: { replicas: 5 }, status: { replicas: 7 } } },
      { subresource: "status" },
    );
    expect([told.metadata.generation, told.spec.replicas, told.status?.replicas]).toEqual([2, 3, 7]);
  });

  test("makes no version of a write that changes nothing", async () => {
    const first = await client.create(configMap, config(freshName(), { k: "1" }));
    const again = await client.update(configMap, structuredClone(first));
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test("dry-runs without a trace", async () => {
    const name = freshName();
    const made = await client.create(configMap, config(name, { k: "1" }), { dryRun: true });
    expect(made.data).toEqual({ k: "1" });
    await expect(client.get(configMap, at(name))).rejects.toMatchObject({ reason: "NotFound" });
  });

  test("lists and watches by labels and fields", async () => {
    const group = freshName();
    const [a, b] = [freshName(), freshName()].sort() as [string, string];
    await client.create(configMap, config(b, {}, { group, on: "no" }));
    await client.create(configMap, config(a, {}, { group, on: "yes" }));
    const all = await client.list(configMap, { namespace: "default", labelSelector: `group=${group}` });
    expect(all.items.map(({ metadata }) => metadata.name)).toEqual([a, b]);
    expect(all.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    const one = await client.list(configMap, { fieldSelector: `metadata.name=${a}` });
    expect(one.items.map(({ metadata }) => metadata.name)).toEqual([a]);
    const { resourceVersion } = all.metadata;
    const labelSelector = `group=${group},on=yes`;
    const relabel = (on: string) => ({ type: "merge", body: { metadata: { labels: { on } } } }) as const;
    const watch = take(client.watch(configMap, { namespace: "default", labelSelector, resourceVersion }), 3);
    await client.patch(configMap, at(b), relabel("yes"));
    await client.patch(configMap, at(a), relabel("no"));
    await client.delete(configMap, at(b));
    expect(await watch).toEqual([`ADDED ${b}`, `DELETED ${a}`, `DELETED ${b}`]);
  });

  test("pages a list", async () => {
    const group = freshName();
    const made = [freshName(), freshName(), freshName()].sort();
    for (const name of made) await client.create(configMap, config(name, {}, { group }));
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = await client.list(configMap, {
        labelSelector: `group=${group}`,
        limit: 2,
        continue: next,
      });
      seen.push(...page.items.map(({ metadata }) => metadata.name ?? ""));
      next = page.metadata.continue;
    } while (next !== undefined && next !== "");
    expect(seen).toEqual(made);
  });

  test("begins a watch without a revision with what is there, and ends it with the signal", async () => {
    const group = freshName();
    const [a, b] = [freshName(), freshName()];
    await client.create(configMap, config(a, {}, { group }));
    const abort = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      const options = { labelSelector: `group=${group}`, signal: abort.signal };
      for await (const event of client.watch(configMap, options)) {
        if (event.type === "BOOKMARK") continue;
        seen.push(`${event.type} ${event.object.metadata.name}`);
        if (seen.length === 1) await client.create(configMap, config(b, {}, { group }));
        if (seen.length === 2) abort.abort();
      }
    })();
    await following;
    expect(seen).toEqual([`ADDED ${a}`, `ADDED ${b}`]);
  });

  test("deletes with grace and finalizers in two steps", async () => {
    const [bound, held] = [freshName(), freshName()];
    await client.create(pod, aPod(bound));
    await client.post(pod, at(bound), "binding", {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: bound },
      target: { kind: "Node", name: "node-1" },
    });
    await client.delete(pod, at(bound), { gracePeriodSeconds: 5 });
    const ending = await client.get(pod, at(bound));
    expect([ending.spec.nodeName, ending.metadata.deletionGracePeriodSeconds]).toEqual(["node-1", 5]);
    await client.delete(pod, at(bound), { gracePeriodSeconds: 0 });
    await expect(client.get(pod, at(bound))).rejects.toMatchObject({ reason: "NotFound" });
    const metadata = { ...at(held), finalizers: ["nagi.dev/test"] };
    await client.create(configMap, { ...config(held, {}), metadata });
    await client.delete(configMap, at(held));
    expect((await client.get(configMap, at(held))).metadata.deletionTimestamp).toBeTruthy();
    await client.patch(configMap, at(held), { type: "merge", body: { metadata: { finalizers: null } } });
    await expect(client.get(configMap, at(held))).rejects.toMatchObject({ reason: "NotFound" });
  });

  test("deletes a pod that no node has at once", async () => {
    const name = freshName();
    await client.create(pod, aPod(name));
    await client.delete(pod, at(name));
    await expect(client.get(pod, at(name))).rejects.toMatchObject({ reason: "NotFound" });
  });

  test("deletes only the object that is meant", async () => {
    const name = freshName();
    await client.create(configMap, config(name, {}));
    const preconditions = { uid: "00000000-0000-4000-8000-ffffffffffff" };
    const wrong = client.delete(configMap, at(name), { preconditions });
    await expect(wrong).rejects.toMatchObject({ reason: "Conflict" });
  });

  test("gives tables, of kinds without a namespace too", async () => {
    const name = freshName();
    await client.create(node, newObject<Node>(node, { name }, {}));
    const table = await client.getTable(node, { name });
    expect(table.columnDefinitions[0]?.name).toBe("Name");
    expect(table.rows[0]?.cells[0]).toBe(name);
    const list = await client.listTable(node, { fieldSelector: `metadata.name=${name}` });
    expect(list.rows.map(({ cells }) => cells[0])).toEqual([name]);
    for await (const event of client.watchTable(node, { fieldSelector: `metadata.name=${name}` })) {
      if (event.type === "BOOKMARK") continue;
      expect([event.type, event.table.rows[0]?.cells[0]]).toEqual(["ADDED", name]);
      break;
    }
  });

  test("is followed by informers and waited on", async () => {
    const group = freshName();
    const name = freshName();
    const abort = new AbortController();
    const labelSelector = `group=${group}`;
    const informer = new Informer({
      client,
      kind: configMap,
      clock: systemClock,
      log: silentLogger,
      labelSelector,
    });
    const running = informer.run(abort.signal);
    await informer.waitForSync(abort.signal);
    const until = (object: ConfigMap | undefined) => object?.data?.["k"] === "2";
    const waited = waitFor(
      client,
      { kind: configMap, ref: at(name), until },
      { clock: systemClock, timeoutMs: 20_000 },
    );
    const created = await client.create(configMap, config(name, { k: "1" }, { group }));
    await client.update(configMap, { ...created, data: { k: "2" } });
    const found = await waited;
    await expect.poll(() => informer.get(keyOf(refOf(created)))?.data).toEqual(found?.data);
    abort.abort();
    await running;
  });
});

test("over HTTPS every kind of the server is discovered", async () => {
  const discovery = new Discovery({ client: https });
  const found = await discovery.resolve("deploy/web".split("/")[0] ?? "");
  expect(found[0]).toMatchObject({
    group: "apps",
    version: "v1",
    kind: "Deployment",
    namespaced: true,
    hasStatus: true,
  });
  expect((await discovery.resolve("routes.route.openshift.io"))[0]?.kind).toBe("Route");
  const inProcess = new Discovery({ client: server.client });
  const identities = async (from: Discovery) =>
    (await from.kinds()).map(({ group, plural }) => `${group}/${plural}`);
  expect(await identities(inProcess)).toEqual(await identities(discovery));
});

test("nothing was a fault of the server", () => {
  expect(server.errors).toEqual([]);
});
