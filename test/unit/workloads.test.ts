/** The workload controllers against the real API server and store. */

import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { runFakeAgent, type FakeAgentOptions } from "../../src/engine/workloads/testing/fake-agent.ts";
import { deployment, type Deployment } from "../../src/model/kinds/apps/deployment/deployment.ts";
import { replicaSet } from "../../src/model/kinds/apps/replicaset/replicaset.ts";
import { job, type Job } from "../../src/model/kinds/batch/job/job.ts";
import { configMap, type ConfigMap } from "../../src/model/kinds/core/configmap/configmap.ts";
import { namespace } from "../../src/model/kinds/core/namespace/namespace.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { service } from "../../src/model/kinds/core/service/service.ts";
import { serviceAccount } from "../../src/model/kinds/core/serviceaccount/serviceaccount.ts";
import { endpointSlice } from "../../src/model/kinds/discovery/endpointslice/endpointslice.ts";
import { newObject } from "../../src/model/kind.ts";
import type { KubeObject, ObjectRef } from "../../src/model/meta.ts";
import { ControlPlane } from "../harness/control-plane.ts";

const ref = { namespace: "default", name: "web" };
const labels = { app: "web" };
let plane: ControlPlane;
let client: Client;

beforeEach(async () => {
  plane = await ControlPlane.open();
  ({ client } = plane);
  await client.create(node, newObject(node, { name: "node-1" }, {}));
});
afterEach(() => plane.close());

function start(agent: Omit<FakeAgentOptions, "client"> = {}): void {
  plane.run(
    (signal) => runWorkloads(plane.parts, signal),
    (signal) => runFakeAgent({ client, node: "node-1", ...agent }, signal),
  );
}

function web(replicas: number, image: string, more: Partial<Deployment["spec"]> = {}): Deployment {
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template, ...more };
  return newObject(deployment, { ...ref, labels }, { spec });
}

function isDone({ status, spec, metadata }: Deployment): boolean {
  return (
    status?.observedGeneration === metadata.generation &&
    status?.availableReplicas === spec.replicas &&
    status?.updatedReplicas === spec.replicas &&
    status?.replicas === spec.replicas
  );
}

async function pods(): Promise<Pod[]> {
  return (await client.list(pod, { namespace: "default" })).items;
}

test("a deployment is rolled out, scaled and rolled back, and its history is kept", async () => {
  start();
  await client.create(deployment, web(2, "a", { revisionHistoryLimit: 1 }));
  await plane.until(deployment, ref, isDone);
  await client.patch(deployment, ref, { type: "merge", body: { spec: { replicas: 10 } } });
  await plane.until(deployment, ref, isDone);
  expect(await pods()).toHaveLength(10);
  for (const image of ["b", "c", "a"]) {
    const body = { spec: { replicas: 4, template: { spec: { containers: [{ name: "web", image }] } } } };
    await client.patch(deployment, ref, { type: "strategic", body });
    const done = await plane.until(deployment, ref, isDone);
    expect(done.spec.template.spec?.containers[0]?.image).toBe(image);
  }
  const last = await plane.until(
    deployment,
    ref,
    ({ metadata }) => metadata.annotations?.["deployment.kubernetes.io/revision"] === "4",
  );
  expect(last.status?.conditions).toMatchObject([
    { type: "Available", status: "True" },
    { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
  ]);
  await expect
    .poll(async () =>
      (await client.list(replicaSet)).items.map(({ spec }) => spec.replicas ?? 1).sort((a, b) => a - b),
    )
    .toEqual([0, 4]);
});

test("recreate has no old pod left when the first new one comes", async () => {
  start();
  const strategy = { type: "Recreate" } as const;
  await client.create(deployment, web(3, "a", { strategy }));
  await plane.until(deployment, ref, isDone);
  const mixed: string[][] = [];
  const watching = (async () => {
    for await (const _ of client.watch(pod, { signal: plane.stop.signal })) {
      const images = new Set((await pods()).map(({ spec }) => spec.containers[0]?.image ?? ""));
      if (images.size > 1) mixed.push([...images]);
    }
  })();
  await client.update(deployment, web(3, "b", { strategy }));
  await plane.until(deployment, ref, (object) => isDone(object));
  plane.stop.abort();
  await watching;
  expect(mixed).toEqual([]);
});

test("a paused deployment waits, and goes on when it is resumed", async () => {
  start();
  await client.create(deployment, web(1, "a"));
  await plane.until(deployment, ref, isDone);
  await client.update(deployment, web(1, "b", { paused: true }));
  await plane.until(
    deployment,
    ref,
    ({ status }) => status?.conditions?.some(({ reason }) => reason === "DeploymentPaused") ?? false,
  );
  expect((await client.list(replicaSet)).items).toHaveLength(1);
  await client.patch(deployment, ref, { type: "merge", body: { spec: { paused: false } } });
  await plane.until(deployment, ref, (object) => isDone(object));
  expect((await pods()).map(({ spec }) => spec.containers[0]?.image)).toEqual(["b"]);
});

test("a set adopts pods that match and lets go of those that no longer do", async () => {
  const orphan = newObject(
    pod,
    { ...ref, name: "stray", labels },
    { spec: { containers: [{ name: "web", image: "a" }] } },
  );
  await client.create(pod, orphan);
  start();
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "a" }] } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, template };
  await client.create(replicaSet, newObject(replicaSet, ref, { spec }));
  await plane.until(replicaSet, ref, ({ status }) => status?.readyReplicas === 2);
  expect(await pods()).toHaveLength(2);
  await client.patch(
    pod,
    { ...ref, name: "stray" },
    { type: "merge", body: { metadata: { labels: { app: "x" } } } },
  );
  const free = await plane.until(
    pod,
    { ...ref, name: "stray" },
    ({ metadata }) => (metadata.ownerReferences ?? []).length === 0,
  );
  expect(free.metadata.deletionTimestamp).toBeUndefined();
  await expect.poll(async () => (await pods()).length).toBe(3);
});

test("a set whose pods are refused says why, and makes them once it can", async () => {
  start();
  const template = {
    metadata: { labels },
    spec: { serviceAccountName: "robot", containers: [{ name: "web", image: "a" }] },
  };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  await client.create(replicaSet, newObject(replicaSet, ref, { spec }));
  const refused = await plane.until(replicaSet, ref, ({ status }) => (status?.conditions ?? []).length > 0);
  expect(refused.status?.conditions).toMatchObject([
    { type: "ReplicaFailure", status: "True", reason: "FailedCreate" },
  ]);
  expect(refused.status?.conditions?.[0]?.message).toContain('serviceaccount "robot" not found');
  await client.create(serviceAccount, newObject(serviceAccount, { ...ref, name: "robot" }, {}));
  await client.patch(replicaSet, ref, { type: "merge", body: { metadata: { labels: { wake: "up" } } } });
  const well = await plane.until(replicaSet, ref, ({ status }) => status?.readyReplicas === 1);
  expect(well.status?.conditions ?? []).toEqual([]);
});

test("a job completes, another one fails at its limit, an expired one goes", async () => {
  start({ phaseOf: ({ spec }) => (spec.containers[0]?.image === "bad" ? "Failed" : "Succeeded") });
  const aJob = (name: string, image: string, more: Partial<Job["spec"]>): Job => {
    const template = { spec: { restartPolicy: "Never" as const, containers: [{ name: "c", image }] } };
    return newObject(job, { namespace: "default", name }, { spec: { template, ...more } });
  };
  await client.create(job, aJob("good", "good", { completions: 5, parallelism: 2 }));
  await client.create(job, aJob("bad", "bad", { backoffLimit: 0 }));
  await client.create(job, aJob("short", "good", { ttlSecondsAfterFinished: 0 }));
  await client.create(
    job,
    aJob("numbered", "good", { completions: 3, parallelism: 3, completionMode: "Indexed" }),
  );
  const has = (type: string) => (object: Job) =>
    object.status?.conditions?.some((each) => each.type === type && each.status === "True") ?? false;
  const good = await plane.until(job, { namespace: "default", name: "good" }, has("Complete"));
  expect(good.status).toMatchObject({ succeeded: 5, active: 0 });
  expect(good.spec.selector?.matchLabels).toEqual({
    "batch.kubernetes.io/controller-uid": good.metadata.uid,
  });
  const bad = await plane.until(job, { namespace: "default", name: "bad" }, has("Failed"));
  expect(bad.status).toMatchObject({ failed: 1, conditions: [{ reason: "BackoffLimitExceeded" }] });
  const numbered = await plane.until(job, { namespace: "default", name: "numbered" }, has("Complete"));
  expect(numbered.status?.completedIndexes).toBe("0-2");
  await plane.untilGone(job, { namespace: "default", name: "short" });
});

const owned = (name: string, owner: KubeObject, block = false): ConfigMap => {
  const { apiVersion, kind, metadata } = owner;
  const reference = { apiVersion, kind, name: metadata.name!, uid: metadata.uid!, blockOwnerDeletion: block };
  return newObject(configMap, { namespace: "default", name, ownerReferences: [reference] }, {});
};
const at = (name: string): ObjectRef => ({ namespace: "default", name });

test("what belonged to a deleted object goes, down the whole tree; what has another owner stays", async () => {
  start();
  const first = await client.create(configMap, newObject(configMap, at("first"), {}));
  const other = await client.create(configMap, newObject(configMap, at("other"), {}));
  const child = await client.create(configMap, owned("child", first));
  await client.create(configMap, owned("grandchild", child));
  const shared = owned("shared", first);
  shared.metadata.ownerReferences?.push(...owned("", other).metadata.ownerReferences!);
  await client.create(configMap, shared);
  await client.delete(configMap, at("first"));
  await plane.untilGone(configMap, at("grandchild"));
  const kept = await plane.until(
    configMap,
    at("shared"),
    ({ metadata }) => metadata.ownerReferences?.length === 1,
  );
  expect(kept.metadata.ownerReferences).toMatchObject([{ name: "other" }]);
});

test("an owner of the same name but another identity does not hold anything", async () => {
  const first = await client.create(configMap, newObject(configMap, at("first"), {}));
  await client.create(configMap, owned("child", first));
  await client.delete(configMap, at("first"));
  await client.create(configMap, newObject(configMap, at("first"), {}));
  start();
  await plane.untilGone(configMap, at("child"));
});

test("a foreground deletion keeps the owner until its blocking dependents are gone", async () => {
  start();
  const first = await client.create(configMap, newObject(configMap, at("first"), {}));
  const held = owned("held", first, true);
  held.metadata.finalizers = ["example.com/hold"];
  await client.create(configMap, held);
  await client.delete(configMap, at("first"), { propagationPolicy: "Foreground" });
  await plane.until(configMap, at("held"), ({ metadata }) => metadata.deletionTimestamp !== undefined);
  expect((await client.get(configMap, at("first"))).metadata.finalizers).toEqual(["foregroundDeletion"]);
  await client.patch(configMap, at("held"), { type: "merge", body: { metadata: { finalizers: null } } });
  await plane.untilGone(configMap, at("first"));
});

test("an orphaning deletion leaves the dependents, without their owner", async () => {
  start();
  const first = await client.create(configMap, newObject(configMap, at("first"), {}));
  await client.create(configMap, owned("child", first));
  await plane.until(configMap, at("child"), () => true);
  await client.delete(configMap, at("first"), { propagationPolicy: "Orphan" });
  await plane.untilGone(configMap, at("first"));
  const child = await client.get(configMap, at("child"));
  expect(child.metadata.ownerReferences ?? []).toEqual([]);
});

test("deleting a deployment takes its sets and pods", async () => {
  start();
  await client.create(deployment, web(3, "a"));
  await plane.until(deployment, ref, isDone);
  await client.delete(deployment, ref);
  await expect.poll(async () => (await pods()).length + (await client.list(replicaSet)).items.length).toBe(0);
});

test("a namespace gets its account, and is emptied before it goes", async () => {
  start();
  await client.create(namespace, newObject(namespace, { name: "team" }, {}));
  await plane.until(serviceAccount, { namespace: "team", name: "default" }, () => true);
  const moved = web(2, "a");
  await client.create(deployment, { ...moved, metadata: { ...moved.metadata, namespace: "team" } });
  await plane.until(deployment, { namespace: "team", name: "web" }, isDone);
  await client.delete(namespace, { name: "team" });
  await plane.untilGone(namespace, { name: "team" });
  expect((await client.list(pod)).items).toEqual([]);
});

test("a service's slice follows its pods, whichever of them came first", async () => {
  start();
  await client.create(deployment, web(2, "a"));
  const spec = { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  await client.create(service, newObject(service, ref, { spec }));
  const ready = async (): Promise<number> => {
    const { items } = await client.list(endpointSlice);
    return items.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions?.ready).length;
  };
  await expect.poll(ready).toBe(2);
  await client.patch(deployment, ref, { type: "merge", body: { spec: { replicas: 5 } } });
  await expect.poll(ready).toBe(5);
  await client.patch(deployment, ref, { type: "merge", body: { spec: { replicas: 0 } } });
  await expect.poll(ready).toBe(0);
  expect((await client.list(endpointSlice)).items).toHaveLength(1);
});
