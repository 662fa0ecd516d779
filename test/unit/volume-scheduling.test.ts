/** Pods with claims, from their creation to their node: scheduler and controllers against the real API server. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { newObject } from "../../src/model/kind.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import {
  persistentVolume,
  type PersistentVolumeSpec,
} from "../../src/model/kinds/core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../src/model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { storageClass } from "../../src/model/kinds/storage/storageclass/storageclass.ts";
import { createScheduler } from "../../src/scheduler/loop/scheduler.ts";
import { ControlPlane } from "../harness/control-plane.ts";

const namespace = "default";
let plane: ControlPlane;
let client: Client;
let directory: string;

beforeEach(async () => {
  plane = await ControlPlane.open();
  ({ client } = plane);
  directory = await mkdtemp(join(tmpdir(), "nagi-volumes-"));
  for (const name of ["node-1", "node-2", "node-3"])
    await plane.addNode(name, { "kubernetes.io/hostname": name });
  plane.run(
    (signal) => runWorkloads({ ...plane.parts, volumesDir: directory }, signal),
    (signal) => createScheduler({ ...plane.parts, random: seededRandom(1) }).run(signal),
  );
  await plane.until(storageClass, { name: "local" }, () => true);
});
afterEach(async () => {
  await plane.close();
  await rm(directory, { recursive: true, force: true });
});

function claim(
  name: string,
  more: Partial<PersistentVolumeClaim["spec"]> = {},
): Promise<PersistentVolumeClaim> {
  const spec = {
    accessModes: ["ReadWriteOnce" as const],
    resources: { requests: { storage: "1Gi" } },
    ...more,
  };
  return client.create(
    persistentVolumeClaim,
    newObject(persistentVolumeClaim, { namespace, name }, { spec }),
  );
}

function podWith(name: string, claimName: string, more: Partial<Pod["spec"]> = {}): Promise<Pod> {
  const spec = {
    containers: [{ name: "main", image: "i" }],
    volumes: [{ name: "v", persistentVolumeClaim: { claimName } }],
    ...more,
  };
  return client.create(pod, newObject(pod, { namespace, name }, { spec }));
}

function localVolume(name: string, nodeName: string, size: string) {
  const spec: PersistentVolumeSpec = {
    capacity: { storage: size },
    accessModes: ["ReadWriteOnce"],
    storageClassName: "manual",
    local: { path: `/srv/${name}` },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [nodeName] }] },
        ],
      },
    },
  };
  return client.create(persistentVolume, newObject(persistentVolume, { name }, { spec }));
}

const isPlaced = ({ spec }: Pod): boolean => spec.nodeName !== undefined;
const said = ({ status }: Pod): string =>
  status?.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "";

test("a volume is made where the pod goes, and the next pod with the claim goes there too", async () => {
  await claim("data");
  await podWith("first", "data");
  const first = await plane.until(pod, { namespace, name: "first" }, isPlaced);
  const bound = await client.get(persistentVolumeClaim, { namespace, name: "data" });
  expect(bound).toMatchObject({
    status: { phase: "Bound" },
    metadata: { annotations: { "volume.kubernetes.io/selected-node": first.spec.nodeName } },
  });
  await podWith("second", "data");
  const second = await plane.until(pod, { namespace, name: "second" }, isPlaced);
  expect(second.spec.nodeName).toBe(first.spec.nodeName);
  await client.patch(
    node,
    { name: first.spec.nodeName ?? "" },
    { type: "merge", body: { spec: { unschedulable: true } } },
  );
  await podWith("third", "data");
  const third = await plane.until(pod, { namespace, name: "third" }, (found) => said(found) !== "");
  expect(said(third)).toContain("2 node(s) didn't match PersistentVolume's node affinity");
});

test("of the volumes that are there each claim gets its own, the smallest that fits", async () => {
  await client.create(
    storageClass,
    newObject(
      storageClass,
      { name: "manual" },
      { provisioner: "kubernetes.io/no-provisioner", volumeBindingMode: "WaitForFirstConsumer" },
    ),
  );
  await localVolume("on-1", "node-1", "5Gi");
  await localVolume("on-2", "node-2", "1Gi");
  for (const name of ["on-1", "on-2"]) {
    await plane.until(persistentVolume, { name }, ({ status }) => status?.phase === "Available");
  }
  await claim("a", { storageClassName: "manual" });
  await claim("b", { storageClassName: "manual" });
  await claim("c", { storageClassName: "manual" });
  await podWith("pod-a", "a");
  await podWith("pod-b", "b");
  const [a, b] = await Promise.all(
    ["pod-a", "pod-b"].map((name) => plane.until(pod, { namespace, name }, isPlaced)),
  );
  expect(new Set([a?.spec.nodeName, b?.spec.nodeName])).toEqual(new Set(["node-1", "node-2"]));
  const volumeOf = async (name: string) =>
    (await client.get(persistentVolumeClaim, { namespace, name })).spec.volumeName;
  expect(new Set([await volumeOf("a"), await volumeOf("b")])).toEqual(new Set(["on-1", "on-2"]));
  await podWith("pod-c", "c");
  const waiting = await plane.until(pod, { namespace, name: "pod-c" }, (found) => said(found) !== "");
  expect(said(waiting)).toContain("3 node(s) didn't find available persistent volumes to bind");
  await localVolume("on-3", "node-3", "2Gi");
  expect((await plane.until(pod, { namespace, name: "pod-c" }, isPlaced)).spec.nodeName).toBe("node-3");
});

test("a pod waits for a claim that is missing, and for one that is bound at once", async () => {
  await podWith("early", "late");
  const early = await plane.until(pod, { namespace, name: "early" }, (found) => said(found) !== "");
  expect(said(early)).toContain('persistentvolumeclaim "late" not found');
  await claim("late", { storageClassName: "" });
  const unbound = await plane.until(pod, { namespace, name: "early" }, (found) =>
    said(found).includes("unbound"),
  );
  expect(said(unbound)).toContain("pod has unbound immediate PersistentVolumeClaims");
  const spec: PersistentVolumeSpec = {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    hostPath: { path: "/srv/any" },
  };
  await client.create(persistentVolume, newObject(persistentVolume, { name: "any" }, { spec }));
  await plane.until(pod, { namespace, name: "early" }, isPlaced);
});

test("a claim for one pod alone is used by one pod alone", async () => {
  await claim("alone", { accessModes: ["ReadWriteOncePod"] });
  await podWith("holder", "alone");
  await plane.until(pod, { namespace, name: "holder" }, isPlaced);
  await podWith("other", "alone");
  const other = await plane.until(pod, { namespace, name: "other" }, (found) => said(found) !== "");
  expect(said(other)).toContain(
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
  );
  await client.delete(pod, { namespace, name: "holder" }, { gracePeriodSeconds: 0 });
  await plane.until(pod, { namespace, name: "other" }, isPlaced);
});
