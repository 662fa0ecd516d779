/** NodeVolumeLimits: a node has no more volumes of a CSI driver than the driver says that it can. */

import { storageClassOf } from "../../../model/volume-claims.ts";
import type { Plugin } from "../../framework/plugin.ts";
import { proceed, skip } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { storageKinds, type ClaimObject, type CSINodeObject } from "../../snapshot/storage-objects.ts";
import {
  claimOf,
  claimsKey,
  claimUses,
  classOf,
  isOwnClaim,
  unresolvable,
  volumeOf,
} from "../../volumes/claims.ts";

export const reasonTooMany = "node(s) exceed max volume count";

interface Attached {
  readonly driver: string;
  /** Tells one volume of the driver from another. */
  readonly handle: string;
}

/** By handle; one volume that several pods use counts once. */
type Attachments = ReadonlyMap<string, Attached>;

interface Wanted {
  readonly volumes: Attachments;
  /** A claim that is not there. */
  readonly missing: string | undefined;
}

const tooMany = 1;
const claimMissing = 2;

export const nodeVolumeLimits: Plugin<Wanted> = {
  name: "NodeVolumeLimits",
  policyName: "MaxCSIVolumeCountPred",
  nodeLocal: true,
  related: [storageKinds.claim, storageKinds.volume, storageKinds.storageClass, storageKinds.csiNode],
  shareKey: claimsKey,
  preFilter: (pod, cluster) => {
    const { namespace } = pod;
    const missing = claimUses(pod).find(({ name }) => claimOf(cluster, namespace, name) === undefined);
    const volumes = attachedBy(pod, cluster);
    if (missing === undefined && volumes.size === 0) return skip;
    return proceed({ volumes, missing: missing && `${namespace}/${missing.name}` });
  },
  filter: ({ volumes, missing }, row, cluster) => {
    if (missing !== undefined) return claimMissing;
    return excess(volumes, row, cluster) === undefined ? 0 : tooMany;
  },
  reasons: ({ volumes, missing = "" }, detail, at) => {
    if (detail === claimMissing) {
      const name = JSON.stringify(missing.slice(missing.indexOf("/") + 1));
      return [unresolvable(`looking up PVC ${missing}: persistentvolumeclaim ${name} not found`)];
    }
    const reason = { text: reasonTooMany, resolvable: true };
    const found = at && excess(volumes, at.row, at.cluster);
    if (found === undefined) return [reason];
    const { driver, present, added, limit } = found;
    const text = `${driver} allows ${limit} volumes, the node has ${present} and the pod brings ${added}`;
    return [{ ...reason, detail: text }];
  },
  hint: (event, pod) => {
    if (event.type === "PodRemoved") return claimUses(event.pod).length > 0;
    if (event.type !== "RelatedChanged") return false;
    if (event.kind === storageKinds.claim) return isOwnClaim(event, pod);
    return event.kind === storageKinds.csiNode;
  },
};

interface Excess {
  readonly driver: string;
  readonly present: number;
  readonly added: number;
  readonly limit: number;
}

/** The first driver that would have too many. */
function excess(wanted: Attachments, row: number, cluster: Cluster): Excess | undefined {
  const limits = limitsOf(row, cluster);
  if (limits === undefined) return undefined;
  const drivers = new Set([...wanted.values()].map(({ driver }) => driver));
  for (const driver of drivers) {
    const limit = limits.get(driver);
    if (limit === undefined) continue;
    const present = handlesOn(row, driver, cluster);
    const added = [...wanted].filter(([key, each]) => each.driver === driver && !present.has(key)).length;
    if (added > 0 && present.size + added > limit) return { driver, present: present.size, added, limit };
  }
  return undefined;
}

function limitsOf(row: number, cluster: Cluster): ReadonlyMap<string, number> | undefined {
  const node = cluster.related.get<CSINodeObject>(storageKinds.csiNode, "", cluster.nodeName(row));
  if (node === undefined) return undefined;
  const limits = new Map<string, number>();
  for (const { name, allocatable } of node.spec.drivers) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  }
  return limits.size === 0 ? undefined : limits;
}

function handlesOn(row: number, driver: string, cluster: Cluster): ReadonlySet<string> {
  const handles = new Set<string>();
  for (const { info } of cluster.podsOn(row)) {
    if (info.object.spec.volumes === undefined) continue;
    for (const [key, attached] of attachedBy(info, cluster)) if (attached.driver === driver) handles.add(key);
  }
  return handles;
}

function attachedBy(pod: PodInfo, cluster: Cluster): Map<string, Attached> {
  const attached = new Map<string, Attached>();
  for (const { name } of claimUses(pod)) {
    const claim = claimOf(cluster, pod.namespace, name);
    const found = claim && attachedFor(claim, cluster);
    if (found !== undefined) attached.set(`${found.driver}/${found.handle}`, found);
  }
  return attached;
}

/** A volume that is not there yet will be of the provisioner of the claim's class. */
function attachedFor(claim: ClaimObject, cluster: Cluster): Attached | undefined {
  const { volumeName = "" } = claim.spec;
  const volume = volumeName === "" ? undefined : volumeOf(cluster, volumeName);
  if (volume !== undefined) {
    const { csi } = volume.spec;
    return csi === undefined ? undefined : { driver: csi.driver, handle: csi.volumeHandle };
  }
  const className = storageClassOf(claim);
  const driver = className === "" ? undefined : classOf(cluster, className)?.provisioner;
  const { namespace = "", name = "" } = claim.metadata;
  return driver === undefined || driver === ""
    ? undefined
    : { driver, handle: `unbound-${namespace}/${name}` };
}
