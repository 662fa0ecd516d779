/** Stateful sets against the real API server and store. */

import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { Informer } from "../../src/client/informer.ts";
import { waitFor } from "../../src/client/wait-for.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { runFakeAgent, type FakeAgentOptions } from "../../src/engine/workloads/testing/fake-agent.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { newObject } from "../../src/model/kind.ts";
import { controllerRevision } from "../../src/model/kinds/apps/controllerrevision/controllerrevision.ts";
import { statefulSet, type StatefulSet } from "../../src/model/kinds/apps/statefulset/statefulset.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import { persistentVolumeClaim } from "../../src/model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { ControlPlane } from "../harness/control-plane.ts";

const ref = { namespace: "default", name: "db" };
const labels = { app: "db" };
let plane: ControlPlane;
let client: Client;
/** Names of pods as they came and went. */
let happened: string[];

beforeEach(async () => {
  plane = await ControlPlane.open();
  ({ client } = plane);
  happened = [];
  await client.create(node, newObject(node, { name: "node-1" }, {}));
});
afterEach(() => plane.close());

function start(agent: Omit<FakeAgentOptions, "client"> = {}): void {
  plane.run(
    (signal) => runWorkloads(plane.parts, signal),
    (signal) => runFakeAgent({ client, node: "node-1", ...agent }, signal),
    (signal) => record(signal),
  );
}

function record(signal: AbortSignal): Promise<void> {
  const informer = new Informer({ client, kind: pod, clock: systemClock, log: silentLogger });
  informer.onChange(({ type, object }) => {
    if (type === "added") happened.push(`+${object.metadata.name}`);
    if (type === "deleted") happened.push(`-${object.metadata.name}`);
  });
  return informer.run(signal);
}

const template = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: "db", image }] } });

function db(more: Partial<StatefulSet["spec"]> = {}): Promise<StatefulSet> {
  const spec = {
    replicas: 3,
    serviceName: "db",
    selector: { matchLabels: labels },
    template: template("db:1"),
    ...more,
  };
  return client.create(statefulSet, newObject(statefulSet, { ...ref, labels }, { spec }));
}

const until = (holds: (set: StatefulSet) => boolean) => plane.until(statefulSet, ref, holds);

const isSettled = (replicas: number) => (set: StatefulSet) =>
  set.status?.observedGeneration === set.metadata.generation &&
  set.status?.readyReplicas === replicas &&
  set.status.replicas === replicas &&
  set.status.updatedReplicas === replicas;

const patch = (spec: object) => client.patch(statefulSet, ref, { type: "merge", body: { spec } as never });
const podNamed = (name: string): Promise<Pod> => client.get(pod, { namespace: "default", name });

test("pods come one after the other, with names, hosts and claims that stay", async () => {
  start();
  const claimSpec = { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } } };
  const mounting = template("db:1");
  Object.assign(mounting.spec.containers[0] ?? {}, { volumeMounts: [{ name: "data", mountPath: "/data" }] });
  await db({ template: mounting, volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claimSpec }] });
  await until(isSettled(3));
  expect(happened).toEqual(["+db-0", "+db-1", "+db-2"]);
  const second = await podNamed("db-1");
  expect(second).toMatchObject({
    metadata: {
      labels: {
        app: "db",
        "statefulset.kubernetes.io/pod-name": "db-1",
        "apps.kubernetes.io/pod-index": "1",
      },
    },
    spec: {
      hostname: "db-1",
      subdomain: "db",
      volumes: expect.arrayContaining([
        { name: "data", persistentVolumeClaim: { claimName: "data-db-1", readOnly: false } },
      ]) as unknown,
    },
  });
  const claim = await client.get(persistentVolumeClaim, { namespace: "default", name: "data-db-1" });
  await patch({ replicas: 1 });
  await until(isSettled(1));
  expect(happened.slice(3)).toEqual(["-db-2", "-db-1"]);
  await patch({ replicas: 2 });
  await until(isSettled(2));
  const again = await client.get(persistentVolumeClaim, { namespace: "default", name: "data-db-1" });
  expect(again.metadata.uid).toBe(claim.metadata.uid);
});

test("a new template goes from the highest number down, and stops at the partition", async () => {
  start();
  await db();
  const before = await until(isSettled(3));
  await patch({ template: template("db:2"), updateStrategy: { rollingUpdate: { partition: 1 } } });
  await until(({ status }) => status?.updatedReplicas === 2 && status.readyReplicas === 3);
  expect(happened.slice(3)).toEqual(["-db-2", "+db-2", "-db-1", "+db-1"]);
  const images = async () =>
    Promise.all(
      ["db-0", "db-1", "db-2"].map(async (name) => (await podNamed(name)).spec.containers[0]?.image),
    );
  expect(await images()).toEqual(["db:1", "db:2", "db:2"]);
  // One below the partition comes back as it was.
  await client.delete(pod, { namespace: "default", name: "db-0" }, { gracePeriodSeconds: 0 });
  await until(({ status }) => status?.updatedReplicas === 2 && status.readyReplicas === 3);
  await expect.poll(images, { timeout: 5000 }).toEqual(["db:1", "db:2", "db:2"]);
  await patch({ updateStrategy: { rollingUpdate: { partition: 0 } } });
  const after = await until(isSettled(3));
  expect(after.status?.currentRevision).toBe(after.status?.updateRevision);
  expect(after.status?.currentRevision).not.toBe(before.status?.currentRevision);
  const { items } = await client.list(controllerRevision, { namespace: "default" });
  expect(items.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual([1, 2]);
});

test("a pod that does not get ready holds up those after it", async () => {
  start({ isGood: ({ metadata }) => metadata.name !== "db-1" });
  await db();
  await until(({ status }) => status?.replicas === 2 && status.readyReplicas === 1);
  await new Promise((resolve) => void setTimeout(resolve, 200));
  expect(happened).toEqual(["+db-0", "+db-1"]);
});

test("all at once where that is asked for", async () => {
  start({ isGood: ({ metadata }) => metadata.name !== "db-0" });
  await db({ podManagementPolicy: "Parallel" });
  await until(({ status }) => status?.replicas === 3 && status.readyReplicas === 2);
  expect(happened).toHaveLength(3);
});

test("claims go with what they were for, where that is asked for", async () => {
  start();
  const claimSpec = { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } } };
  await db({
    replicas: 2,
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claimSpec }],
    persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete", whenDeleted: "Delete" },
  });
  await until(isSettled(2));
  await patch({ replicas: 1 });
  const gone = (name: string) =>
    waitFor(
      client,
      {
        kind: persistentVolumeClaim,
        ref: { namespace: "default", name },
        until: (claim) => claim === undefined,
      },
      { clock: systemClock, timeoutMs: 20_000 },
    );
  await gone("data-db-1");
  await client.delete(statefulSet, ref);
  await gone("data-db-0");
});
