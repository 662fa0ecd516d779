/**
 * NoDiskConflict of OpenShift v3, VolumeRestrictions of today: a disk that only one pod of a node may have is not
 * taken by another pod there, and a claim that only one pod at all may use is not used by a second one.
 */

import type { Holder, Plugin, Reason } from "../../framework/plugin.ts";
import { proceed, reject, skip } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { storageKinds } from "../../snapshot/storage-objects.ts";
import { claimOf, claimsKey, claimUses, isOwnClaim, notFound } from "../../volumes/claims.ts";
import { disksConflict, disksOf, type Disk } from "../../volumes/disks.ts";

export const reasonDiskTaken = "node(s) had no available disk";
export const reasonClaimTaken =
  "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
/** Holders that are named. */
const shownHolders = 3;

const diskTaken = 1;
const claimTaken = 2;

interface Restrictions {
  readonly disks: readonly Disk[];
  /** Claims of the pod that one pod alone may use, as `namespace/name`. */
  readonly exclusive: readonly string[];
}

type At = { readonly row: number; readonly cluster: Cluster } | undefined;

export const volumeRestrictions: Plugin<Restrictions> = {
  name: "VolumeRestrictions",
  policyName: "NoDiskConflict",
  related: [storageKinds.claim],
  shareKey: (pod) => {
    const disks = disksOf(pod);
    const claims = claimsKey(pod);
    return disks.length === 0 && claims === "" ? "" : JSON.stringify([disks, claims]);
  },
  preFilter: (pod, cluster) => {
    const disks = disksOf(pod);
    const exclusive: string[] = [];
    for (const { name, isOwn } of claimUses(pod)) {
      if (isOwn) continue;
      const claim = claimOf(cluster, pod.namespace, name);
      if (claim === undefined) return reject(notFound("persistentvolumeclaim", name));
      if (claim.spec.accessModes?.includes("ReadWriteOncePod") === true) {
        exclusive.push(`${pod.namespace}/${name}`);
      }
    }
    return disks.length === 0 && exclusive.length === 0 ? skip : proceed({ disks, exclusive });
  },
  filter: ({ disks, exclusive }, row, cluster) => {
    if (disks.length > 0 && hasConflict(disks, row, cluster)) return diskTaken;
    for (const key of exclusive) if (cluster.claimUsers.of(key).size > 0) return claimTaken;
    return 0;
  },
  reasons: (state, detail, at) => [detail === diskTaken ? diskReason(state, at) : claimReason(state, at)],
  hint: (event, pod) => (event.type === "PodRemoved" ? shareStorage(pod, event.pod) : isOwnClaim(event, pod)),
};

function hasConflict(wanted: readonly Disk[], row: number, cluster: Cluster): boolean {
  for (const { info } of cluster.podsOn(row)) if (conflictOf(wanted, info) !== undefined) return true;
  return false;
}

/** The disk that the pod has and that is wanted. */
function conflictOf(wanted: readonly Disk[], info: PodInfo): Disk | undefined {
  for (const held of disksOf(info)) {
    for (const disk of wanted) if (disksConflict(disk, held)) return disk;
  }
  return undefined;
}

function shareStorage(pod: PodInfo, removed: PodInfo): boolean {
  if (conflictOf(disksOf(pod), removed) !== undefined) return true;
  if (pod.namespace !== removed.namespace) return false;
  const freed = claimUses(removed);
  return claimUses(pod).some(({ name }) => freed.some((use) => use.name === name));
}

function diskReason({ disks }: Restrictions, at: At): Reason {
  const reason = { text: reasonDiskTaken, resolvable: true };
  if (at === undefined) return reason;
  const holders: Holder[] = [];
  const parts: string[] = [];
  for (const { info } of at.cluster.podsOn(at.row)) {
    const disk = conflictOf(disks, info);
    if (disk === undefined) continue;
    holders.push({ pod: info.key });
    parts.push(`${disk.type} disk ${disk.id} is held by ${info.key}`);
    if (holders.length === shownHolders) break;
  }
  return { ...reason, detail: parts.join(", "), holders };
}

function claimReason({ exclusive }: Restrictions, at: At): Reason {
  const reason = { text: reasonClaimTaken, resolvable: true };
  if (at === undefined) return reason;
  const used = exclusive.flatMap((key) =>
    [...at.cluster.claimUsers.of(key)].map((info) => ({ key, pod: info.key })),
  );
  return {
    ...reason,
    detail: used.map(({ key, pod }) => `claim ${key} is used by ${pod}`).join(", "),
    holders: used.slice(0, shownHolders).map(({ pod }) => ({ pod })),
  };
}
