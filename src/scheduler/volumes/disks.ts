/**
 * Disks that pods name themselves, without a claim, and that a node can have mounted only once: Google's, Amazon's,
 * Ceph's and those behind iSCSI.
 */

import type { PodInfo } from "../snapshot/pod-info.ts";
import type { PodVolumeObject } from "../snapshot/pod-volume-object.ts";

export interface Disk {
  readonly type: "gce" | "aws" | "iscsi" | "rbd";
  /** What makes it this disk; of a Ceph image, without its monitors. */
  readonly id: string;
  readonly monitors: readonly string[];
  /** Whether others may read it at the same time. */
  readonly isShared: boolean;
}

const none: readonly Disk[] = [];
const known = new WeakMap<object, readonly Disk[]>();

export function disksOf({ object }: PodInfo): readonly Disk[] {
  const { volumes } = object.spec;
  if (volumes === undefined) return none;
  let disks = known.get(object);
  if (disks === undefined) known.set(object, (disks = volumes.flatMap(diskOf)));
  return disks;
}

function diskOf({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: PodVolumeObject): Disk[] {
  const disks: Disk[] = [];
  const monitors: readonly string[] = [];
  if (gcePersistentDisk !== undefined) {
    const { pdName: id, readOnly = false } = gcePersistentDisk;
    disks.push({ type: "gce", id, monitors, isShared: readOnly });
  }
  if (awsElasticBlockStore !== undefined) {
    disks.push({ type: "aws", id: awsElasticBlockStore.volumeID, monitors, isShared: false });
  }
  if (iscsi !== undefined) {
    disks.push({ type: "iscsi", id: iscsi.iqn, monitors, isShared: iscsi.readOnly === true });
  }
  if (rbd !== undefined) {
    const { pool = "rbd", image, readOnly = false } = rbd;
    const id = `${pool}/${image}`;
    disks.push({ type: "rbd", id, monitors: rbd.monitors, isShared: readOnly });
  }
  return disks;
}

/** Whether both are the same disk, and not both only read it. */
export function disksConflict(a: Disk, b: Disk): boolean {
  if (a.type !== b.type || a.id !== b.id || (a.isShared && b.isShared)) return false;
  return a.type !== "rbd" || a.monitors.some((monitor) => b.monitors.includes(monitor));
}
