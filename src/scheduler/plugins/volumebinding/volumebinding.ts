/**
 * VolumeBinding: a pod goes where its volumes can be reached, and claims that wait for their first pod get a volume
 * there: the smallest that fits, or one that is made.
 *
 * What must stay true: a volume is promised to one claim only, from the decision on; the pod is bound after its
 * claims are.
 */

import { isJsonEqual } from "../../../model/json.ts";
import type { Plugin, Reason } from "../../framework/plugin.ts";
import { proceed, reject, skip } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { storageKinds, type StorageClassObject } from "../../snapshot/storage-objects.ts";
import { claimsKey, claimUses, isOwnClaim } from "../../volumes/claims.ts";
import { shapeScore, type ShapePoint } from "../noderesourcesfit/shares.ts";
import { assumptionsOf } from "./assumed.ts";
import { bindClaims } from "./bind-claims.ts";
import { bindingsOn, judgeNode, lacks, type FoundVolume } from "./find-bindings.ts";
import { podClaims, type PodClaims } from "./pod-claims.ts";

export const reasonNodeConflict = "node(s) didn't match PersistentVolume's node affinity";
export const reasonNoVolumes = "node(s) didn't find available persistent volumes to bind";
export const reasonVolumeGone = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";

export interface VolumeBindingArgs {
  /** How long claims may take to be bound before the pod is tried again. */
  readonly bindTimeoutSeconds?: number | undefined;
  /** Scores nodes by how much of the volumes that would be bound is asked for; no score without it. */
  readonly shape?: readonly ShapePoint[] | undefined;
}

/** In the order in which they are told. */
const texts = [
  [lacks.reach, reasonNodeConflict],
  [lacks.volumes, reasonNoVolumes],
  [lacks.boundVolume, reasonVolumeGone],
] as const;

const defaultTimeoutSeconds = 600;

export function volumeBinding({
  shape,
  bindTimeoutSeconds = defaultTimeoutSeconds,
}: VolumeBindingArgs = {}): Plugin<PodClaims, PodClaims> {
  const prepare = (pod: PodInfo, cluster: Cluster) => {
    const claims = podClaims(pod, cluster);
    if (claims === undefined) return skip;
    return "text" in claims ? reject(claims) : proceed(claims);
  };
  return {
    name: "VolumeBinding",
    policyName: "CheckVolumeBinding",
    nodeLocal: true,
    related: [storageKinds.claim, storageKinds.volume, storageKinds.storageClass],
    shareKey: claimsKey,
    preFilter: prepare,
    filter: (claims, row, cluster) => judgeNode(claims, { row, nodeName: cluster.nodeName(row) }),
    reasons: (claims, detail, at) =>
      texts.flatMap(([bit, text]): Reason[] =>
        (detail & bit) === 0 ? [] : [{ text, detail: at && explain(claims, bit, at.row), resolvable: false }],
      ),
    ...(shape === undefined
      ? {}
      : {
          preScore: (pod: PodInfo, cluster: Cluster) => {
            const prepared = prepare(pod, cluster);
            return prepared.type === "reject" ? skip : prepared;
          },
          score: (claims: PodClaims, row: number, cluster: Cluster) =>
            scoreNode(claims, { row, nodeName: cluster.nodeName(row) }, shape),
        }),
    hint: (event, pod) => {
      switch (event.type) {
        case "NodeAdded":
          return true;
        case "NodeChanged":
          return (event.aspects & nodeAspect.labels) !== 0;
        // Its promises may be free again.
        case "PodRemoved":
          return claimUses(event.pod).length > 0;
        case "RelatedChanged":
          if (event.isGone) return false;
          if (event.kind === storageKinds.claim) return isOwnClaim(event, pod);
          return event.kind !== storageKinds.storageClass || hasNewTopologies(event);
        default:
          return false;
      }
    },
    reserve(pod, nodeName, cluster) {
      const row = cluster.rowOf(nodeName);
      const claims = claimUses(pod).length === 0 ? undefined : podClaims(pod, cluster);
      if (claims === undefined || row === undefined) return undefined;
      if ("text" in claims) return claims;
      const bindings = bindingsOn(claims, { row, nodeName });
      if (bindings === undefined) return { text: reasonNoVolumes, resolvable: false };
      if (claims.unbound.length > 0) assumptionsOf(cluster).add(pod.uid, { ...bindings, nodeName });
      return undefined;
    },
    unreserve: (pod, _nodeName, { cluster }) => assumptionsOf(cluster).drop(pod.uid),
    needsPreBind: (pod) => claimUses(pod).length > 0,
    preBind: (pod, _nodeName, context) => bindClaims(pod, context, bindTimeoutSeconds * 1000),
  };
}

function hasNewTopologies({
  object,
  previous,
}: {
  readonly object: object;
  readonly previous: object | undefined;
}): boolean {
  if (previous === undefined) return true;
  const topologies = (each: object) => (each as StorageClassObject).allowedTopologies ?? [];
  return !isJsonEqual(topologies(object), topologies(previous));
}

function explain({ bound, unbound }: PodClaims, bit: number, row: number): string | undefined {
  if (bit === lacks.reach) {
    const far = bound.find(({ volume }) => volume !== undefined && !volume.isReachable(row));
    return far && `volume ${far.volume?.name} cannot be reached from there`;
  }
  if (bit !== lacks.volumes) return undefined;
  const selected = unbound.find((claim) => claim.selectedNode !== undefined);
  if (selected !== undefined) {
    return `the volume of claim ${selected.key} is being made for node ${selected.selectedNode}`;
  }
  return unbound
    .filter((claim) => !claim.canBeMade(row))
    .map(({ key, candidates, meant }) =>
      meant !== undefined
        ? `volume ${meant}, which is kept for claim ${key}, cannot be reached from there`
        : `claim ${key}: ${candidates.count} free volumes fit, none of them left there, and none can be made there`,
    )
    .join("; ");
}

/** Classes count alike: what is asked for in percent of what would be taken, on the curve of the shape. */
function scoreNode(
  claims: PodClaims,
  at: { readonly row: number; readonly nodeName: string },
  shape: readonly ShapePoint[],
): number {
  const found = { volumes: [] as FoundVolume[], made: [] };
  judgeNode(claims, at, found);
  const classes = new Map<string, { asked: bigint; taken: bigint }>();
  for (const { claim, volume } of found.volumes) {
    const sum = classes.get(claim.className) ?? { asked: 0n, taken: 0n };
    classes.set(claim.className, { asked: sum.asked + claim.size, taken: sum.taken + volume.capacity });
  }
  if (classes.size === 0) return 0;
  let total = 0;
  for (const { asked, taken } of classes.values()) {
    const utilization = taken === 0n || asked > taken ? 100 : Number((asked * 100n) / taken);
    total += shapeScore(shape, utilization, 100);
  }
  return Math.round(total / classes.size);
}
