/** The claims of a pod, sorted by what is still to be done about them. */

import {
  candidatesFor,
  isFullyBound,
  isMeantFor,
  noProvisioner,
  requestedSize,
  selectedNode,
  storageClassOf,
} from "../../../model/volume-claims.ts";
import type { Reason } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import {
  storageKinds,
  type ClaimObject,
  type StorageClassObject,
  type VolumeObject,
} from "../../snapshot/storage-objects.ts";
import { claimOf, claimUses, classOf, notFound, unresolvable, volumeOf } from "../../volumes/claims.ts";
import { everywhere, reachTest, rowLabels } from "../../volumes/row-labels.ts";
import { assumptionsOf } from "./assumed.ts";
import { Candidates } from "./candidates.ts";

type RowTest = (row: number) => boolean;

export const reasonUnbound = "pod has unbound immediate PersistentVolumeClaims";

export interface BoundClaim {
  /** Undefined when the volume is not there. */
  readonly volume: { readonly name: string; readonly isReachable: RowTest } | undefined;
}

export interface UnboundClaim {
  readonly key: string;
  readonly className: string;
  readonly size: bigint;
  /** Its volume is being made for this node. */
  readonly selectedNode: string | undefined;
  /** The name of the volume that is kept for the claim: that one or none. */
  readonly meant: string | undefined;
  readonly candidates: Candidates;
  /** Where a volume can be made for it. */
  readonly canBeMade: RowTest;
}

export interface PodClaims {
  readonly bound: readonly BoundClaim[];
  /** In the order of the pod's volumes. */
  readonly unbound: readonly UnboundClaim[];
  /** The same, those that ask for least first. */
  readonly bySize: readonly UnboundClaim[];
}

/** Undefined for a pod without claims; a reason when no node will do as things are. */
export function podClaims(pod: PodInfo, cluster: Cluster): PodClaims | Reason | undefined {
  const uses = claimUses(pod);
  if (uses.length === 0) return undefined;
  const claims: ClaimObject[] = [];
  for (const { name, isOwn } of uses) {
    const claim = claimOf(cluster, pod.namespace, name);
    const problem = claim === undefined ? missing(name, isOwn) : problemOf(claim, isOwn, pod);
    if (problem !== undefined) return problem;
    if (claim !== undefined) claims.push(claim);
  }
  const bound: BoundClaim[] = [];
  const unbound: UnboundClaim[] = [];
  for (const claim of claims) {
    if (isFullyBound(claim)) {
      bound.push(boundClaim(claim, cluster));
      continue;
    }
    const waiting = waitingClass(claim, cluster);
    if (waiting === undefined) return unresolvable(reasonUnbound);
    unbound.push(unboundClaim(claim, waiting, cluster));
  }
  const bySize = unbound.toSorted((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : 0));
  return { bound, unbound, bySize };
}

function missing(name: string, isOwn: boolean): Reason {
  if (!isOwn) return notFound("persistentvolumeclaim", name);
  return unresolvable(
    `waiting for ephemeral volume controller to create the persistentvolumeclaim ${JSON.stringify(name)}`,
  );
}

function problemOf(
  { metadata, spec, status }: ClaimObject,
  isOwn: boolean,
  pod: PodInfo,
): Reason | undefined {
  const name = JSON.stringify(metadata.name);
  if (status?.phase === "Lost") {
    const volume = JSON.stringify(spec.volumeName ?? "");
    return unresolvable(`persistentvolumeclaim ${name} bound to non-existent persistentvolume ${volume}`);
  }
  if (metadata.deletionTimestamp !== undefined) {
    return unresolvable(`persistentvolumeclaim ${name} is being deleted`);
  }
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (!isOwn || owner?.uid === pod.uid) return undefined;
  return unresolvable(
    `PVC ${pod.namespace}/${metadata.name} was not created for pod ${pod.key} (pod is not owner)`,
  );
}

/** The class of a claim that gets its volume with its first pod. */
function waitingClass(claim: ClaimObject, cluster: Cluster): StorageClassObject | undefined {
  if ((claim.spec.volumeName ?? "") !== "") return undefined;
  const className = storageClassOf(claim);
  const storageClass = className === "" ? undefined : classOf(cluster, className);
  return storageClass?.volumeBindingMode === "WaitForFirstConsumer" ? storageClass : undefined;
}

function boundClaim({ spec }: ClaimObject, cluster: Cluster): BoundClaim {
  const volume = volumeOf(cluster, spec.volumeName ?? "");
  if (volume === undefined) return { volume: undefined };
  return { volume: { name: volume.metadata.name ?? "", isReachable: reachTest(volume, cluster) } };
}

function unboundClaim(claim: ClaimObject, storageClass: StorageClassObject, cluster: Cluster): UnboundClaim {
  const { namespace = "", name = "", annotations } = claim.metadata;
  const key = `${namespace}/${name}`;
  const assumptions = assumptionsOf(cluster);
  const given = assumptions.volumeOfClaim(key);
  const className = storageClassOf(claim);
  const free = cluster.related.list<VolumeObject>(storageKinds.volume).filter((volume) => {
    const taker = assumptions.claimOfVolume(volume.metadata.name ?? "");
    return storageClassOf(volume) === className && (taker === undefined || taker === key);
  });
  const volumes = candidatesFor(claim, free);
  const meant = volumes.find((volume) => volume.metadata.name === given || isMeantFor(volume, claim));
  return {
    key,
    className,
    size: requestedSize(claim),
    selectedNode: annotations?.[selectedNode] ?? assumptions.nodeOfClaim(key),
    meant: meant?.metadata.name,
    candidates: new Candidates(meant === undefined ? volumes : [meant], cluster),
    canBeMade: makeTest(storageClass, cluster),
  };
}

function makeTest({ provisioner, allowedTopologies = [] }: StorageClassObject, cluster: Cluster): RowTest {
  if (provisioner === "" || provisioner === noProvisioner) return () => false;
  if (allowedTopologies.length === 0) return everywhere;
  const labels = rowLabels(cluster);
  const terms = allowedTopologies
    .map(({ matchLabelExpressions = [] }) => matchLabelExpressions)
    .filter((expressions) => expressions.length > 0)
    .map((expressions) =>
      expressions.map(({ key, values }) => ({ label: labels(key), values: new Set(values) })),
    );
  return (row) =>
    terms.some((demands) =>
      demands.every(({ label, values }) => {
        const value = label(row);
        return value !== undefined && values.has(value);
      }),
    );
}
