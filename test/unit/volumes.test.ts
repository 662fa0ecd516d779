/** Claims and volumes against the real API server and store. */

import { mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { newObject } from "../../src/model/kind.ts";
import { event } from "../../src/model/kinds/core/event/event.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import {
  persistentVolume,
  type PersistentVolume,
  type PersistentVolumeSpec,
} from "../../src/model/kinds/core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../src/model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod } from "../../src/model/kinds/core/pod/pod.ts";
import { storageClass } from "../../src/model/kinds/storage/storageclass/storageclass.ts";
import { selectedNode } from "../../src/model/volume-claims.ts";
import { isOverItsSize, toldUse, volumeSizeBytes } from "../../src/model/volume-use.ts";
import { ControlPlane } from "../harness/control-plane.ts";

const namespace = "default";
const ref = { namespace, name: "data" };
let plane: ControlPlane;
let client: Client;
let directory: string;

beforeEach(async () => {
  plane = await ControlPlane.open();
  ({ client } = plane);
  directory = await mkdtemp(join(tmpdir(), "nagi-volumes-"));
  for (const name of ["node-1", "node-2"]) {
    await client.create(node, newObject(node, { name, labels: { "kubernetes.io/hostname": name } }, {}));
  }
  plane.run((signal) => runWorkloads({ ...plane.parts, volumesDir: directory }, signal));
  await plane.until(storageClass, { name: "local" }, () => true);
});
afterEach(async () => {
  await plane.close();
  await rm(directory, { recursive: true, force: true });
});

function claim(
  more: Partial<PersistentVolumeClaim["spec"]> = {},
  size = "1Gi",
): Promise<PersistentVolumeClaim> {
  const spec = {
    accessModes: ["ReadWriteOnce" as const],
    resources: { requests: { storage: size } },
    ...more,
  };
  return client.create(persistentVolumeClaim, newObject(persistentVolumeClaim, ref, { spec }));
}

function volume(
  name: string,
  size: string,
  more: Partial<PersistentVolumeSpec> = {},
): Promise<PersistentVolume> {
  const spec: PersistentVolumeSpec = {
    capacity: { storage: size },
    accessModes: ["ReadWriteOnce"],
    hostPath: { path: `/srv/${name}` },
    storageClassName: "",
    ...more,
  };
  return client.create(persistentVolume, newObject(persistentVolume, { name }, { spec }));
}

const isBound = (object: { status?: { phase?: string | undefined } | undefined } | undefined): boolean =>
  object?.status?.phase === "Bound";

test("a claim gets the smallest volume that fits, which is kept when the claim goes", async () => {
  await volume("small", "500Mi");
  await volume("large", "10Gi");
  await volume("right", "2Gi");
  await volume("other", "1Gi", { storageClassName: "fast" });
  for (const name of ["small", "large", "right", "other"]) {
    await plane.until(persistentVolume, { name }, (found) => found?.status?.phase === "Available");
  }
  await claim({ storageClassName: "" });
  const bound = await plane.until(persistentVolumeClaim, ref, isBound);
  expect(bound).toMatchObject({
    spec: { volumeName: "right" },
    status: { capacity: { storage: "2Gi" }, accessModes: ["ReadWriteOnce"] },
    metadata: {
      annotations: {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
      },
    },
  });
  const taken = await client.get(persistentVolume, { name: "right" });
  expect(taken.spec.claimRef).toMatchObject({ ...ref, uid: bound?.metadata.uid });
  await client.delete(persistentVolumeClaim, ref);
  await plane.untilGone(persistentVolumeClaim, ref);
  const released = await plane.until(
    persistentVolume,
    { name: "right" },
    (found) => found?.status?.phase === "Released",
  );
  expect(released?.spec.claimRef).toMatchObject({ uid: bound?.metadata.uid });
});

test("a volume that is kept for a claim goes to no other", async () => {
  await volume("kept", "1Gi", { claimRef: { namespace, name: "somebody" } });
  await claim({ storageClassName: "" });
  await plane.until(persistentVolume, { name: "kept" }, (found) => found?.status?.phase === "Available");
  await volume("mine", "5Gi", { claimRef: ref });
  expect((await plane.until(persistentVolumeClaim, ref, isBound))?.spec.volumeName).toBe("mine");
});

test("a volume is made on the node of the first pod, and goes with its claim", async () => {
  const waiting = await claim();
  expect(waiting.spec.storageClassName).toBe("local");
  await client.patch(persistentVolumeClaim, ref, {
    type: "merge",
    body: { metadata: { annotations: { [selectedNode]: "node-2" } } },
  });
  const bound = await plane.until(persistentVolumeClaim, ref, isBound);
  const name = `pvc-${waiting.metadata.uid}`;
  expect(bound?.spec.volumeName).toBe(name);
  const made = await client.get(persistentVolume, { name });
  const path = join(directory, name);
  expect(made.spec).toMatchObject({
    local: { path },
    persistentVolumeReclaimPolicy: "Delete",
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["node-2"] }] },
        ],
      },
    },
  });
  expect((await stat(path)).isDirectory()).toBe(true);
  await writeFile(join(path, "file"), "data");
  await client.delete(persistentVolumeClaim, ref);
  await plane.untilGone(persistentVolume, { name });
  expect(await readdir(directory)).toEqual([]);
});

test("what a volume holds is told of its claim, and that it is more than its size", async () => {
  const waiting = await claim({}, "1Mi");
  const annotate = (annotations: Record<string, string>) =>
    client.patch(persistentVolumeClaim, ref, { type: "merge", body: { metadata: { annotations } } });
  await annotate({ [selectedNode]: "node-1" });
  await plane.until(
    persistentVolumeClaim,
    ref,
    (found) => found !== undefined && toldUse(found) !== undefined,
  );
  const told = async (): Promise<string[]> =>
    (await client.list(event, { namespace, fieldSelector: "reason=VolumeOverItsSize" })).items.map(
      ({ message }) => message ?? "",
    );
  expect(await told()).toEqual([]);
  const file = join(directory, `pvc-${waiting.metadata.uid}`, "file");
  // Moved there when it is whole: what is counted while it is written is less.
  const whole = `${directory}.whole`;
  await writeFile(whole, Buffer.alloc(3 * 2 ** 20, 1));
  await rename(whole, file);
  await annotate({ note: "looked at again" });
  const isOver = (found: PersistentVolumeClaim | undefined): boolean =>
    found !== undefined && isOverItsSize(toldUse(found), volumeSizeBytes(found));
  const over = await plane.until(persistentVolumeClaim, ref, isOver);
  expect(Number(over?.metadata.annotations?.["nagi.dev/used-bytes"])).toBeGreaterThanOrEqual(3 * 2 ** 20);
  await expect
    .poll(told)
    .toEqual([expect.stringMatching(/^data holds 3\.0 MiB of 1\.0 MiB: its size is not enforced/)]);
  await rm(file);
  await annotate({ note: "and again" });
  await plane.until(persistentVolumeClaim, ref, (found) => !isOver(found));
});

test("a claim in use stays until its pod is gone; a volume in use until its claim is", async () => {
  await volume("disk", "1Gi");
  await claim({ storageClassName: "" });
  await plane.until(persistentVolumeClaim, ref, isBound);
  const spec = {
    nodeName: "node-1",
    containers: [{ name: "main", image: "i" }],
    volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }],
  };
  await client.create(pod, newObject(pod, { namespace, name: "user" }, { spec }));
  await client.delete(persistentVolumeClaim, ref);
  await client.delete(persistentVolume, { name: "disk" });
  const kept = await plane.until(
    persistentVolumeClaim,
    ref,
    (found) => found?.metadata.deletionTimestamp !== undefined,
  );
  expect(kept?.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
  const volumeKept = await client.get(persistentVolume, { name: "disk" });
  expect(volumeKept.metadata).toMatchObject({ finalizers: ["kubernetes.io/pv-protection"] });
  await client.delete(pod, { namespace, name: "user" }, { gracePeriodSeconds: 0 });
  await plane.untilGone(persistentVolumeClaim, ref);
  await plane.untilGone(persistentVolume, { name: "disk" });
});

test("a pod's own claim is made for it", async () => {
  const volumeClaimTemplate = {
    metadata: { labels: { of: "pod" } },
    spec: { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } } },
  };
  const spec = {
    containers: [{ name: "main", image: "i" }],
    volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate } }],
  };
  const made = await client.create(pod, newObject(pod, { namespace, name: "p" }, { spec }));
  const own = await plane.until(
    persistentVolumeClaim,
    { namespace, name: "p-scratch" },
    (found) => found !== undefined,
  );
  expect(own?.metadata).toMatchObject({
    labels: { of: "pod" },
    ownerReferences: [{ kind: "Pod", name: "p", uid: made.metadata.uid, controller: true }],
  });
  await client.delete(pod, { namespace, name: "p" }, { gracePeriodSeconds: 0 });
  await plane.untilGone(persistentVolumeClaim, { namespace, name: "p-scratch" });
});

test("a claim whose volume is gone is lost", async () => {
  await volume("disk", "1Gi");
  await claim({ storageClassName: "" });
  await plane.until(persistentVolumeClaim, ref, isBound);
  await client.patch(
    persistentVolume,
    { name: "disk" },
    { type: "merge", body: { metadata: { finalizers: null } } },
  );
  await client.delete(persistentVolume, { name: "disk" });
  const lost = await plane.until(persistentVolumeClaim, ref, (found) => found?.status?.phase === "Lost");
  expect(lost?.spec.volumeName).toBe("disk");
});
