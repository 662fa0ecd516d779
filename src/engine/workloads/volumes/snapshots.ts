/**
 * Snapshots of volumes that were made on this machine: copies of their directories, as of one moment. What must stay true: a
 * snapshot is ready only when all of it is on the disk; nothing outside the directory of snapshots is ever removed.
 */

import { lstat, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { runController, type Reconciled } from "../../../client/controller.ts";
import { findObject } from "../../../client/find-object.ts";
import { messageOf } from "../../../lib/errors.ts";
import { mirrorTree } from "../../../lib/mirror-tree.ts";
import { syncNames, syncTree } from "../../../lib/sync-to-disk.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import {
  persistentVolume,
  type PersistentVolume,
} from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import { persistentVolumeClaim } from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import {
  snapshotFinalizer,
  volumeSnapshot,
  type VolumeSnapshot,
} from "../../../model/kinds/snapshot/volumesnapshot/volumesnapshot.ts";
import { keyOf, refFromKey, refOf, type KubeObject } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { recorderFor, type WorkloadContext } from "../shared/context.ts";
import { withoutFinalizer } from "./finalizers.ts";
import { LocalVolumes } from "./local-provisioner.ts";

export async function runSnapshots(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, snapshots, volumesDir } = context;
  if (snapshots === undefined || volumesDir === undefined) return;
  const taker = new SnapshotTaker(context, snapshots, new LocalVolumes(volumesDir));
  const keysOf = (object: KubeObject): string[] => [keyOf(refOf(object))];
  await runController(
    {
      name: "snapshots",
      client,
      clock,
      log,
      watches: [{ kind: volumeSnapshot, keysOf }],
      reconcile: (key) => taker.reconcile(key),
    },
    signal,
  );
}

type Status = NonNullable<VolumeSnapshot["status"]>;

/** Where the files of a snapshot are. */
export function snapshotPath(directory: string, { metadata }: VolumeSnapshot): string {
  return join(directory, `snapshot-${metadata.uid ?? ""}`);
}

class SnapshotTaker {
  readonly #context: WorkloadContext;
  readonly #place: NonNullable<WorkloadContext["snapshots"]>;
  readonly #volumes: LocalVolumes;

  constructor(
    context: WorkloadContext,
    place: NonNullable<WorkloadContext["snapshots"]>,
    volumes: LocalVolumes,
  ) {
    this.#context = context;
    this.#place = place;
    this.#volumes = volumes;
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { client } = this.#context;
    const snapshot = await findObject(client, volumeSnapshot, refFromKey(key));
    if (snapshot === undefined) return undefined;
    if (snapshot.metadata.deletionTimestamp !== undefined) return await this.#remove(snapshot);
    const { status = {} } = snapshot;
    if (status.readyToUse === true || status.error !== undefined) return undefined;
    const own = await this.#withFinalizer(snapshot);
    await this.#writeStatus(own, await this.#takeOrTell(own));
    return undefined;
  }

  /** The status of the snapshot. */
  async #takeOrTell(snapshot: VolumeSnapshot): Promise<Status> {
    try {
      return await this.#take(snapshot);
    } catch (error) {
      const message = messageOf(error);
      recorderFor(this.#context, "snapshot-controller").event(snapshot, "Warning", "SnapshotFailed", message);
      return { readyToUse: false, error: { message, time: timestamp(this.#context.clock.now()) } };
    }
  }

  /** Whatever was written to the object while the files were copied. */
  async #writeStatus(snapshot: VolumeSnapshot, status: Status): Promise<void> {
    const { uid } = snapshot.metadata;
    const patch = { type: "merge", body: { metadata: { uid }, status } } as const;
    try {
      await this.#context.client.patch(volumeSnapshot, refOf(snapshot), patch, { subresource: "status" });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #take(snapshot: VolumeSnapshot): Promise<Status> {
    const volume = await this.#volumeOf(snapshot);
    const path = snapshotPath(this.#place.directory, snapshot);
    const takenMs = (await takenBefore(path)) ?? (await this.#copy(snapshot, volume, path));
    await syncNames(this.#place.directory);
    return {
      readyToUse: true,
      creationTime: timestamp(takenMs),
      restoreSize: volume.spec.capacity?.["storage"] ?? "0",
    };
  }

  /** The moment that the copy is of. */
  async #copy(snapshot: VolumeSnapshot, { spec }: PersistentVolume, path: string): Promise<number> {
    const { clock } = this.#context;
    const from = spec.local?.path ?? "";
    const part = `${path}.part`;
    await rm(part, { recursive: true, force: true });
    // While pods write; then what has changed meanwhile, with the pods held still for that moment.
    await mirrorTree(from, part);
    let takenMs = clock.now();
    const last = async (): Promise<void> => {
      takenMs = clock.now();
      await mirrorTree(from, part);
    };
    if (!(await this.#place.whileStill(from, last))) {
      await last();
      const message =
        "its pods could not be held still: files that they wrote meanwhile may not fit each other";
      recorderFor(this.#context, "snapshot-controller").event(snapshot, "Warning", "NotHeldStill", message);
    }
    await syncTree(part);
    await rename(part, path);
    return takenMs;
  }

  async #volumeOf({ metadata, spec }: VolumeSnapshot): Promise<PersistentVolume> {
    const { client } = this.#context;
    const name = spec.source.persistentVolumeClaimName;
    const claim = await findObject(client, persistentVolumeClaim, { namespace: metadata.namespace, name });
    if (claim === undefined) throw new Error(`there is no claim ${name}`);
    const { volumeName = "" } = claim.spec;
    const volume = await findObject(client, persistentVolume, { name: volumeName });
    if (volume === undefined) throw new Error(`claim ${name} has no volume yet: no pod has used it`);
    if (this.#volumes.owns(volume)) return volume;
    throw new Error(`volume ${volumeName} was not made here: only volumes of the class local have snapshots`);
  }

  async #withFinalizer(snapshot: VolumeSnapshot): Promise<VolumeSnapshot> {
    const { finalizers = [], resourceVersion } = snapshot.metadata;
    if (finalizers.includes(snapshotFinalizer)) return snapshot;
    const body = { metadata: { finalizers: [...finalizers, snapshotFinalizer], resourceVersion } };
    return await this.#context.client.patch(volumeSnapshot, refOf(snapshot), { type: "merge", body });
  }

  async #remove(snapshot: VolumeSnapshot): Promise<undefined> {
    if (snapshot.metadata.finalizers?.includes(snapshotFinalizer) !== true) return;
    const path = snapshotPath(this.#place.directory, snapshot);
    for (const each of [path, `${path}.part`]) await rm(each, { recursive: true, force: true });
    await withoutFinalizer(this.#context, {
      kind: volumeSnapshot,
      object: snapshot,
      finalizer: snapshotFinalizer,
    });
  }
}

/** When the copy got its place, in case its status was never written. */
async function takenBefore(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).ctimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
