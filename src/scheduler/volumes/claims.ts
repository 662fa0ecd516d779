/** The claims of a pod, and where they lead: to a volume, to a class, or to nothing yet. */

import type { Reason } from "../framework/plugin.ts";
import type { ClusterEvent } from "../framework/events.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { PodVolumeObject } from "../snapshot/pod-volume-object.ts";
import {
  storageKinds,
  type ClaimObject,
  type StorageClassObject,
  type VolumeObject,
} from "../snapshot/storage-objects.ts";

export interface ClaimUse {
  readonly name: string;
  /** Made for this pod alone. */
  readonly isOwn: boolean;
}

const none: readonly ClaimUse[] = [];
const known = new WeakMap<object, readonly ClaimUse[]>();

export function claimUses({ object, name }: PodInfo): readonly ClaimUse[] {
  const { volumes } = object.spec;
  if (volumes === undefined) return none;
  let uses = known.get(object);
  if (uses === undefined) {
    // A claim that is mounted twice is one claim, and gets one volume.
    const byName = new Map(volumes.flatMap((volume) => useOf(volume, name)).map((use) => [use.name, use]));
    known.set(object, (uses = [...byName.values()]));
  }
  return uses;
}

function useOf(volume: PodVolumeObject, podName: string): ClaimUse[] {
  if (volume.persistentVolumeClaim !== undefined) {
    return [{ name: volume.persistentVolumeClaim.claimName, isOwn: false }];
  }
  return volume.ephemeral === undefined ? [] : [{ name: `${podName}-${volume.name}`, isOwn: true }];
}

/** For pods that are alike: what they ask of storage, as text. */
export function claimsKey(pod: PodInfo): string {
  const uses = claimUses(pod);
  return uses.length === 0 ? "" : `${pod.namespace}/${uses.map(({ name }) => name).join()}`;
}

export function claimOf(cluster: Cluster, namespace: string, name: string): ClaimObject | undefined {
  return cluster.related.get<ClaimObject>(storageKinds.claim, namespace, name);
}

export function volumeOf(cluster: Cluster, name: string): VolumeObject | undefined {
  return cluster.related.get<VolumeObject>(storageKinds.volume, "", name);
}

export function classOf(cluster: Cluster, name: string): StorageClassObject | undefined {
  return cluster.related.get<StorageClassObject>(storageKinds.storageClass, "", name);
}

/** No node will do until the user or a controller does something. */
export function unresolvable(text: string): Reason {
  return { text, resolvable: false };
}

export function notFound(resource: string, name: string): Reason {
  return unresolvable(`${resource} ${JSON.stringify(name)} not found`);
}

/** Whether the object of the event is a claim of the pod. */
export function isOwnClaim(event: ClusterEvent, pod: PodInfo): boolean {
  if (event.type !== "RelatedChanged" || event.kind !== storageKinds.claim) return false;
  const { namespace, name } = event.object.metadata;
  return namespace === pod.namespace && claimUses(pod).some((use) => use.name === name);
}
