/** What should happen to a claim or to a volume next. Pure: objects in, one step out. */

import type { PersistentVolume } from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import type { PersistentVolumeClaim } from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import type { StorageClass } from "../../../model/kinds/storage/storageclass/storageclass.ts";
import {
  bindCompleted,
  boundByController,
  candidatesFor,
  isMeantFor,
  noProvisioner,
  selectedNode,
  storageClassOf,
} from "../../../model/volume-claims.ts";

/** Says who made a volume, and so who may unmake it. */
export const provisionedBy = "pv.kubernetes.io/provisioned-by";

export type ClaimStep =
  | { readonly type: "bind"; readonly volume: PersistentVolume }
  | { readonly type: "provision"; readonly storageClass: StorageClass; readonly node: string | undefined }
  | { readonly type: "wait"; readonly reason: string; readonly message: string }
  | { readonly type: "lost"; readonly reason: string; readonly message: string };

export interface ClaimWorld {
  readonly volumes: readonly PersistentVolume[];
  /** The class that the claim names, where it is there. */
  readonly storageClass: StorageClass | undefined;
}

export function decideClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimStep {
  const { volumeName = "" } = claim.spec;
  if (claim.metadata.annotations?.[bindCompleted] !== undefined) return keepBound(claim, world);
  return volumeName === "" ? findVolume(claim, world) : takeNamed(claim, world);
}

function keepBound(claim: PersistentVolumeClaim, { volumes }: ClaimWorld): ClaimStep {
  const { volumeName = "" } = claim.spec;
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName);
  if (volume === undefined) {
    const message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
    return { type: "lost", reason: "ClaimLost", message };
  }
  if (volume.spec.claimRef === undefined || isMeantFor(volume, claim)) return { type: "bind", volume };
  const message = "Two claims are bound to the same volume, this one is bound incorrectly";
  return { type: "lost", reason: "ClaimMisbound", message };
}

/** A person chose the volume. */
function takeNamed(claim: PersistentVolumeClaim, { volumes }: ClaimWorld): ClaimStep {
  const { volumeName = "" } = claim.spec;
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName);
  const wait = (message: string) => ({ type: "wait", reason: "FailedBinding", message }) as const;
  if (volume === undefined) return wait(`volume "${volumeName}" not found`);
  if (isMeantFor(volume, claim)) return { type: "bind", volume };
  if (volume.spec.claimRef === undefined) {
    const unbound = { ...claim, spec: { ...claim.spec, volumeName: "" } };
    const fits = candidatesFor({ ...unbound, spec: { ...unbound.spec, selector: undefined } }, [volume]);
    if (fits.length > 0) return { type: "bind", volume };
    return wait(`volume "${volumeName}" does not fit the claim: size, class, modes or phase differ`);
  }
  return wait(`volume "${volumeName}" already bound to a different claim.`);
}

function findVolume(claim: PersistentVolumeClaim, { volumes, storageClass }: ClaimWorld): ClaimStep {
  const waits = storageClass?.volumeBindingMode === "WaitForFirstConsumer";
  const candidates = candidatesFor(claim, volumes);
  const meant = candidates.find((volume) => isMeantFor(volume, claim));
  const volume = meant ?? (waits ? undefined : fewestModes(candidates));
  if (volume !== undefined) return { type: "bind", volume };
  const node = claim.metadata.annotations?.[selectedNode];
  if (waits && node === undefined) {
    const message = "waiting for first consumer to be created before binding";
    return { type: "wait", reason: "WaitForFirstConsumer", message };
  }
  if (storageClass !== undefined && storageClass.provisioner !== noProvisioner) {
    return { type: "provision", storageClass, node };
  }
  const name = storageClassOf(claim);
  const message =
    storageClass === undefined && name !== ""
      ? `storageclass.storage.k8s.io "${name}" not found`
      : "no persistent volumes available for this claim and no storage class is set";
  return {
    type: "wait",
    reason: name === "" || storageClass !== undefined ? "FailedBinding" : "ProvisioningFailed",
    message,
  };
}

/** What can be mounted in few ways is taken first, so that what can be mounted in many stays for others. */
function fewestModes(candidates: readonly PersistentVolume[]): PersistentVolume | undefined {
  let best: PersistentVolume | undefined;
  const modes = (volume: PersistentVolume): number => (volume.spec.accessModes ?? []).length;
  for (const volume of candidates) if (best === undefined || modes(volume) < modes(best)) best = volume;
  return best;
}

export type VolumeStep =
  | { readonly type: "phase"; readonly phase: "Available" | "Bound" | "Released" }
  | { readonly type: "reclaim" }
  /** Bound to a claim that took another volume: it is free again. */
  | { readonly type: "release" }
  | { readonly type: "leave" };

/** `claim` is the one of the reference's name, also when it is another object by now. */
export function decideVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeStep {
  const { claimRef } = volume.spec;
  if (claimRef === undefined) return { type: "phase", phase: "Available" };
  const isTaken = claim?.spec.volumeName === volume.metadata.name;
  // Kept for a claim of that name, whichever comes.
  if ((claimRef.uid ?? "") === "") return isTaken ? { type: "leave" } : { type: "phase", phase: "Available" };
  if (claim === undefined || claim.metadata.uid !== claimRef.uid) return decideReleased(volume);
  if (isTaken) return { type: "phase", phase: "Bound" };
  // The claim's own turn comes; until then nothing is known.
  return (claim.spec.volumeName ?? "") === "" ? { type: "leave" } : decideUnwanted(volume);
}

/** Its claim is gone. */
function decideReleased({ spec, status }: PersistentVolume): VolumeStep {
  if (status?.phase !== "Released" && status?.phase !== "Failed") return { type: "phase", phase: "Released" };
  return spec.persistentVolumeReclaimPolicy === "Delete" ? { type: "reclaim" } : { type: "leave" };
}

/** Its claim has another volume. */
function decideUnwanted(volume: PersistentVolume): VolumeStep {
  const { annotations = {} } = volume.metadata;
  const isMade = annotations[provisionedBy] !== undefined;
  if (isMade && volume.spec.persistentVolumeReclaimPolicy === "Delete") return decideReleased(volume);
  return annotations[boundByController] === undefined ? { type: "leave" } : { type: "release" };
}
