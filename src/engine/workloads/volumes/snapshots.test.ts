import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { waitFor } from "../../../client/wait-for.ts";
import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import { newObject } from "../../../model/kind.ts";
import { persistentVolume } from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import {
  volumeSnapshot,
  type VolumeSnapshot,
} from "../../../model/kinds/snapshot/volumesnapshot/volumesnapshot.ts";
import { StatusError } from "../../../model/status.ts";
import type { WorkloadContext } from "../shared/context.ts";
import { LocalVolumes, localClass, volumeNameFor } from "./local-provisioner.ts";
import { runSnapshots, snapshotPath } from "./snapshots.ts";

const namespace = "default";
const ref = { namespace, name: "first" };

let folder: string;
let snapshotsDir: string;
let volumeDir: string;
let client: FakeClient;
let whileStill: (work: () => Promise<void>) => Promise<boolean>;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "nagi-snapshots-"));
  snapshotsDir = join(folder, "snapshots");
  const volumesDir = join(folder, "volumes");
  client = new FakeClient();
  whileStill = (work) => work().then(() => true);
  stop = new AbortController();
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const claim = newObject<PersistentVolumeClaim>(
    persistentVolumeClaim,
    { namespace, name: "data", uid: "u1" },
    { spec: { ...spec, volumeName: "pvc-u1" } as PersistentVolumeClaim["spec"] },
  );
  client.seed(claim);
  client.seed(await new LocalVolumes(volumesDir).make({ claim, storageClass: localClass, nodes: [] }));
  volumeDir = join(volumesDir, volumeNameFor(claim));
  writeFileSync(join(volumeDir, "text"), "as it was");
  const context = {
    client,
    clock: systemClock,
    log: silentLogger,
    recorders: new Map(),
    volumesDir,
    snapshots: { directory: snapshotsDir, whileStill: (_: string, work) => whileStill(work) },
  } satisfies Partial<WorkloadContext>;
  running = runSnapshots(context as unknown as WorkloadContext, stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
  rmSync(folder, { recursive: true });
});

const wanted = (uid?: string): VolumeSnapshot =>
  newObject<VolumeSnapshot>(
    volumeSnapshot,
    { ...ref, ...(uid === undefined ? {} : { uid }) },
    { spec: { source: { persistentVolumeClaimName: "data" } } },
  );

/** As it is once it is known whether it can be used. */
async function ended(): Promise<VolumeSnapshot> {
  const until = (found?: VolumeSnapshot): boolean => found?.status?.readyToUse !== undefined;
  const found = await waitFor(
    client,
    { kind: volumeSnapshot, ref, until },
    { clock: systemClock, timeoutMs: 20_000 },
  );
  expect(found).toBeDefined();
  return found!;
}

test("a snapshot keeps the files, whatever is written to its object while they are copied", async () => {
  whileStill = async (work) => {
    const body = { metadata: { labels: { kept: "yes" } } };
    await client.patch(volumeSnapshot, ref, { type: "merge", body });
    await work();
    return true;
  };
  await client.create(volumeSnapshot, wanted());
  const taken = await ended();
  expect(taken.status).toMatchObject({ readyToUse: true, restoreSize: "1Gi" });
  expect(taken.status?.error).toBeUndefined();
  expect(taken.metadata.labels).toEqual({ kept: "yes" });
  writeFileSync(join(volumeDir, "text"), "as it is");
  expect(readFileSync(join(snapshotPath(snapshotsDir, taken), "text"), "utf8")).toBe("as it was");
});

test("a status that could not be written is written later", async () => {
  let fails = 1;
  client.onCall(({ kind, subresource }) => {
    if (kind === volumeSnapshot && subresource === "status" && fails-- > 0)
      throw new StatusError("ServiceUnavailable", "the server ends");
  });
  await client.create(volumeSnapshot, wanted());
  const taken = await ended();
  expect(taken.status).toMatchObject({ readyToUse: true });
  expect(existsSync(`${snapshotPath(snapshotsDir, taken)}.part`)).toBe(false);
});

test("files that got their place before a stop are the snapshot", async () => {
  const before = wanted("u2");
  mkdirSync(snapshotPath(snapshotsDir, before), { recursive: true });
  writeFileSync(join(snapshotPath(snapshotsDir, before), "text"), "as it was before");
  client.seed(before);
  const taken = await ended();
  expect(taken.status).toMatchObject({ readyToUse: true });
  expect(taken.status?.creationTime).toMatch(/^20/);
  expect(readFileSync(join(snapshotPath(snapshotsDir, taken), "text"), "utf8")).toBe("as it was before");
});

test("a snapshot of a volume that was not made here fails, and says why", async () => {
  const foreign = await client.get(persistentVolume, { name: "pvc-u1" });
  client.seed({ ...foreign, metadata: { ...foreign.metadata, annotations: {} } });
  await client.create(volumeSnapshot, wanted());
  const { status } = await ended();
  expect(status?.readyToUse).toBe(false);
  expect(status?.error?.message).toMatch(/only volumes of the class local have snapshots/);
});
