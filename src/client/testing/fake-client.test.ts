import { describe, expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { configMap } from "../../model/kinds/core/configmap/configmap.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../model/kind.ts";
import { StatusError } from "../../model/status.ts";
import { FakeClient } from "./fake-client.ts";

const ref = { namespace: "default", name: "a" };
const config = (data: Record<string, string>, name = "a") =>
  newObject(configMap, { name, namespace: "default", labels: data }, { data });
const aPod = (metadata: Pod["metadata"] = ref): Pod =>
  newObject(pod, metadata, { spec: { containers: [{ name: "c", image: "i" }] } });

describe("writes", () => {
  test("give identity, and a conflict to who writes from an old version", async () => {
    const client = new FakeClient();
    const first = await client.create(configMap, config({ k: "1" }));
    expect(first.metadata).toMatchObject({ generation: 1, resourceVersion: "1" });
    expect(first.metadata.uid).toBeTruthy();
    await expect(client.create(configMap, config({}))).rejects.toMatchObject({ reason: "AlreadyExists" });
    await client.update(configMap, { ...first, data: { k: "2" } });
    await expect(client.update(configMap, { ...first, data: { k: "3" } })).rejects.toMatchObject({
      reason: "Conflict",
    });
    const last = await client.patch(configMap, ref, { type: "merge", body: { data: { k: null, l: "4" } } });
    expect(last.data).toEqual({ l: "4" });
    expect(Object.isFrozen(last.data)).toBe(true);
  });

  test("keep spec and status apart and count generations of the spec", async () => {
    const client = new FakeClient();
    const labels = { app: "a" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    const made = newObject<Deployment>(deployment, ref, { spec, status: { replicas: 9 } });
    expect((await client.create(deployment, made)).status).toBeUndefined();
    const scaled = await client.patch(deployment, ref, {
      type: "merge",
      body: { spec: { replicas: 2 }, status: { replicas: 8 } },
    });
    expect([scaled.metadata.generation, scaled.status]).toEqual([2, undefined]);
    const body = { spec: { replicas: 3 }, status: { replicas: 7 } };
    const told = await client.patch(deployment, ref, { type: "merge", body }, { subresource: "status" });
    expect([told.metadata.generation, told.spec.replicas, told.status?.replicas]).toEqual([2, 2, 7]);
  });

  test("that change nothing make no new version", async () => {
    const client = new FakeClient();
    const first = await client.create(configMap, config({ k: "1" }));
    expect(await client.update(configMap, structuredClone(first))).toBe(first);
  });
});

describe("deletion", () => {
  test("waits for grace and finalizers, and takes what is owned with it", async () => {
    const clock = new FakeClock();
    const client = new FakeClient({ clock });
    const owner = await client.create(configMap, {
      ...config({}),
      metadata: { ...ref, finalizers: ["x/y"] },
    });
    const { apiVersion, kind } = owner;
    const ownerReferences = [{ apiVersion, kind, name: "a", uid: owner.metadata.uid ?? "" }];
    await client.create(pod, aPod({ ...ref, ownerReferences }));
    await client.post(pod, ref, "binding", { target: { name: "node-1" } });
    await client.delete(configMap, ref);
    expect((await client.get(configMap, ref)).metadata.deletionTimestamp).toBeTruthy();
    await client.patch(configMap, ref, { type: "merge", body: { metadata: { finalizers: [] } } });
    await expect(client.get(configMap, ref)).rejects.toMatchObject({ reason: "NotFound" });
    expect((await client.get(pod, ref)).metadata.deletionGracePeriodSeconds).toBe(30);
    await client.delete(pod, ref, { gracePeriodSeconds: 0 });
    await expect(client.get(pod, ref)).rejects.toMatchObject({ reason: "NotFound" });
  });
});

describe("lists and watches", () => {
  test("select, and tell of objects that enter and leave a selection", async () => {
    const client = new FakeClient();
    await client.create(configMap, config({ on: "yes" }));
    await client.create(configMap, config({ on: "no" }, "b"));
    const list = await client.list(configMap, { labelSelector: "on=yes" });
    expect(list.items.map((item) => item.metadata.name)).toEqual(["a"]);
    const { resourceVersion } = list.metadata;
    const labels = (on: string) => ({ type: "merge", body: { metadata: { labels: { on } } } }) as const;
    await client.patch(configMap, { ...ref, name: "b" }, labels("yes"));
    await client.patch(configMap, ref, labels("no"));
    const seen: string[] = [];
    for await (const event of client.watch(configMap, { labelSelector: "on=yes", resourceVersion })) {
      if (event.type !== "BOOKMARK") seen.push(`${event.type} ${event.object.metadata.name}`);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(["ADDED b", "DELETED a"]);
  });

  test("end when the signal aborts, and with Expired when the past is forgotten", async () => {
    const client = new FakeClient();
    const abort = new AbortController();
    const ended = Array.fromAsync(client.watch(configMap, { signal: abort.signal }));
    const failed = Array.fromAsync(client.watch(configMap, {}));
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await ended).toEqual([]);
    client.expireWatches();
    await expect(failed).rejects.toMatchObject({ reason: "Expired" });
  });
});

test("a binding puts a pod on a node once", async () => {
  const client = new FakeClient({ objects: [aPod()] });
  const body = { target: { kind: "Node", name: "node-1" } };
  await client.post(pod, ref, "binding", body);
  const onNode = await client.list(pod, { fieldSelector: "spec.nodeName=node-1" });
  expect(onNode.items).toHaveLength(1);
  await expect(client.post(pod, ref, "binding", body)).rejects.toMatchObject({ reason: "Conflict" });
});

test("a hook sees every call and can make it fail", async () => {
  const client = new FakeClient();
  const stop = client.onCall(({ verb }) => {
    if (verb === "create") throw new StatusError("ServiceUnavailable", "not now");
  });
  await expect(client.create(configMap, config({}))).rejects.toThrow("not now");
  stop();
  await client.create(configMap, config({}));
});
