/** NoVolumeZoneConflict of OpenShift v3: a volume with labels of a zone or region is used there only. */

import type { Plugin, Reason } from "../../framework/plugin.ts";
import { proceed, reject, skip } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { storageKinds, type ClaimObject, type VolumeObject } from "../../snapshot/storage-objects.ts";
import { storageClassOf } from "../../../model/volume-claims.ts";
import {
  claimOf,
  claimsKey,
  claimUses,
  classOf,
  isOwnClaim,
  notFound,
  unresolvable,
  volumeOf,
} from "../../volumes/claims.ts";
import { rowLabels, type RowLabel } from "../../volumes/row-labels.ts";

export const reasonZoneConflict = "node(s) had no available volume zone";

const betaZone = "failure-domain.beta.kubernetes.io/zone";
const betaRegion = "failure-domain.beta.kubernetes.io/region";
const newNames: Readonly<Record<string, string>> = {
  [betaZone]: "topology.kubernetes.io/zone",
  [betaRegion]: "topology.kubernetes.io/region",
};
const topologyLabels = [betaZone, betaRegion, "topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

interface Demand {
  readonly volume: string;
  readonly key: string;
  readonly values: ReadonlySet<string>;
  readonly label: RowLabel;
  /** The label that stands for an old one that the node does not have. */
  readonly newLabel: RowLabel;
}

interface Zones {
  readonly demands: readonly Demand[];
  /** A node that has none of them is in no zone, so every volume is near. */
  readonly zoned: readonly RowLabel[];
}

export const volumeZone: Plugin<Zones> = {
  name: "VolumeZone",
  policyName: "NoVolumeZoneConflict",
  nodeLocal: true,
  related: [storageKinds.claim, storageKinds.volume, storageKinds.storageClass],
  shareKey: claimsKey,
  preFilter: (pod, cluster) => {
    const labels = rowLabels(cluster);
    const demands: Demand[] = [];
    for (const { name, isOwn } of claimUses(pod)) {
      if (isOwn) continue;
      const found = volumeFor(pod, name, cluster);
      if ("reason" in found) return reject(found.reason);
      if (found.volume !== undefined) demands.push(...demandsOf(found.volume, labels));
    }
    return demands.length === 0 ? skip : proceed({ demands, zoned: topologyLabels.map(labels) });
  },
  filter: ({ demands, zoned }, row) => {
    if (!zoned.some((label) => label(row) !== undefined)) return 0;
    return demands.every((demand) => isMet(demand, row)) ? 0 : 1;
  },
  reasons: ({ demands }, _detail, at) => {
    const reason = unresolvable(reasonZoneConflict);
    const missed = at && demands.find((demand) => !isMet(demand, at.row));
    if (missed === undefined) return [reason];
    const has = valueOf(missed, at?.row ?? 0);
    const wanted = [...missed.values].join(" or ");
    const detail = `volume ${missed.volume} is in ${missed.key}=${wanted}, the node ${has === undefined ? "has no such label" : `in ${has}`}`;
    return [{ ...reason, detail }];
  },
  hint: (event, pod) => {
    if (event.type === "NodeChanged") return (event.aspects & nodeAspect.labels) !== 0;
    if (event.type !== "RelatedChanged") return false;
    return event.kind === storageKinds.claim ? isOwnClaim(event, pod) : !event.isGone;
  },
};

type Found = { readonly volume: VolumeObject | undefined } | { readonly reason: Reason };

/** The volume of the claim; undefined when it is not chosen before the node is. */
function volumeFor({ namespace }: PodInfo, name: string, cluster: Cluster): Found {
  if (name === "") return { reason: unresolvable("PersistentVolumeClaim had no name") };
  const claim = claimOf(cluster, namespace, name);
  if (claim === undefined) return { reason: notFound("persistentvolumeclaim", name) };
  const { volumeName = "" } = claim.spec;
  if (volumeName === "") return unboundOf(claim, cluster);
  const volume = volumeOf(cluster, volumeName);
  return volume === undefined ? { reason: notFound("persistentvolume", volumeName) } : { volume };
}

function unboundOf(claim: ClaimObject, cluster: Cluster): Found {
  const className = storageClassOf(claim);
  if (className === "") {
    return { reason: unresolvable("PersistentVolumeClaim had no pv name and storageClass name") };
  }
  const storageClass = classOf(cluster, className);
  if (storageClass === undefined) return { reason: notFound("storageclass.storage.k8s.io", className) };
  const { volumeBindingMode: mode } = storageClass;
  if (mode === undefined) {
    return {
      reason: unresolvable(`VolumeBindingMode not set for StorageClass ${JSON.stringify(className)}`),
    };
  }
  if (mode === "WaitForFirstConsumer") return { volume: undefined };
  return { reason: unresolvable("PersistentVolume had no name") };
}

function demandsOf({ metadata }: VolumeObject, labels: (key: string) => RowLabel): Demand[] {
  return topologyLabels.flatMap((key) => {
    const text = metadata.labels?.[key];
    // Several zones are written with two underscores between them; a text that is none is no demand.
    const values = text?.split("__").map((value) => value.trim()) ?? [];
    if (values.length === 0 || values.includes("")) return [];
    const volume = metadata.name ?? "";
    return [
      { volume, key, values: new Set(values), label: labels(key), newLabel: labels(newNames[key] ?? key) },
    ];
  });
}

function valueOf({ label, newLabel }: Demand, row: number): string | undefined {
  return label(row) ?? newLabel(row);
}

function isMet(demand: Demand, row: number): boolean {
  const value = valueOf(demand, row);
  return value !== undefined && demand.values.has(value);
}
