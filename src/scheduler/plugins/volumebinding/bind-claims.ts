/** Brings to the API what was decided about the claims of a pod, and waits until they have their volumes. */

import { boundByController, isFullyBound, isMeantFor, selectedNode } from "../../../model/volume-claims.ts";
import type { PreBindContext } from "../../framework/placement.ts";
import type { Reason } from "../../framework/plugin.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { storageKinds } from "../../snapshot/storage-objects.ts";
import { claimOf, claimUses, unresolvable, volumeOf } from "../../volumes/claims.ts";
import { assumptionsOf, type Assumption } from "./assumed.ts";

const done = "done";

export async function bindClaims(
  pod: PodInfo,
  context: PreBindContext,
  timeoutMs: number,
): Promise<Reason | undefined> {
  const assumptions = assumptionsOf(context.cluster);
  const assumption = assumptions.ofPod(pod.uid);
  if (assumption === undefined) return undefined;
  for (const [claimKey, volumeName] of assumption.volumes) {
    const problem = await keepVolume(claimKey, volumeName, context);
    if (problem !== undefined) return unresolvable(problem);
  }
  for (const claimKey of assumption.provisions) await orderVolume(claimKey, assumption.nodeName, context);
  const problem = await context.until(() => progress(pod, assumption, context), timeoutMs);
  if (problem !== done) return unresolvable(problem);
  // From here on the objects themselves say it.
  assumptions.drop(pod.uid);
  return undefined;
}

function refOf(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** On the version that was looked at: a volume that somebody else took meanwhile is refused. */
async function keepVolume(
  claimKey: string,
  volumeName: string,
  context: PreBindContext,
): Promise<string | undefined> {
  const { cluster } = context;
  const { namespace, name } = refOf(claimKey);
  const claim = claimOf(cluster, namespace, name);
  const volume = volumeOf(cluster, volumeName);
  if (claim === undefined || volume === undefined) return `claim ${claimKey} or volume ${volumeName} is gone`;
  if (isMeantFor(volume, claim) && (volume.spec.claimRef?.uid ?? "") !== "") return undefined;
  const { resourceVersion } = volume.metadata;
  const { uid } = claim.metadata;
  const annotations = volume.spec.claimRef === undefined ? { [boundByController]: "yes" } : {};
  await context.patch(
    storageKinds.volume,
    { name: volumeName },
    {
      metadata: { resourceVersion, annotations },
      spec: { claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid } },
    },
  );
  return undefined;
}

async function orderVolume(claimKey: string, nodeName: string, context: PreBindContext): Promise<void> {
  const ref = refOf(claimKey);
  const claim = claimOf(context.cluster, ref.namespace, ref.name);
  if (claim?.metadata.annotations?.[selectedNode] === nodeName) return;
  await context.patch(storageKinds.claim, ref, { metadata: { annotations: { [selectedNode]: nodeName } } });
}

/** What went wrong, that it is done, or undefined while neither is known. */
function progress(
  pod: PodInfo,
  { provisions, nodeName }: Assumption,
  { cluster }: PreBindContext,
): string | undefined {
  let isDone = true;
  for (const { name } of claimUses(pod)) {
    const claim = claimOf(cluster, pod.namespace, name);
    if (claim === undefined) return `persistentvolumeclaim ${JSON.stringify(name)} not found`;
    if (claim.metadata.deletionTimestamp !== undefined) {
      return `persistentvolumeclaim ${JSON.stringify(name)} is being deleted`;
    }
    if (isFullyBound(claim)) continue;
    isDone = false;
    const node = claim.metadata.annotations?.[selectedNode];
    const isOrdered = provisions.has(`${pod.namespace}/${name}`);
    if (isOrdered && node !== undefined && node !== nodeName) {
      return `the volume of claim ${name} is being made for node ${node}`;
    }
  }
  return isDone ? done : undefined;
}
