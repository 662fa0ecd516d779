/**
 * Which volume a claim may have: the rules that the controller which binds them and the scheduler share. Where a
 * volume can be reached from is not part of them.
 */

import type { LabelSelector } from "./label-selector.ts";
import { matches, selectorFromLabelSelector } from "./labels.ts";
import { checkQuantity, parseQuantity } from "./quantity.ts";

type Texts = Readonly<Record<string, string>> | undefined;

interface Meta {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly labels?: Texts;
  readonly annotations?: Texts;
  readonly deletionTimestamp?: string | undefined;
}

export interface ClaimObject {
  readonly metadata: Meta;
  readonly spec: {
    readonly accessModes?: readonly string[] | undefined;
    readonly selector?: LabelSelector | undefined;
    readonly resources?: { readonly requests?: Texts } | undefined;
    readonly volumeName?: string | undefined;
    readonly storageClassName?: string | undefined;
    readonly volumeMode?: string | undefined;
    readonly volumeAttributesClassName?: string | undefined;
  };
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

export interface VolumeObject {
  readonly metadata: Meta;
  readonly spec: {
    readonly capacity?: Texts;
    readonly accessModes?: readonly string[] | undefined;
    readonly claimRef?:
      | {
          readonly namespace?: string | undefined;
          readonly name?: string | undefined;
          readonly uid?: string | undefined;
        }
      | undefined;
    readonly storageClassName?: string | undefined;
    readonly volumeMode?: string | undefined;
    readonly volumeAttributesClassName?: string | undefined;
  };
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

/** On a claim that has its volume for good. */
export const bindCompleted = "pv.kubernetes.io/bind-completed";
/** On what a controller bound, rather than a person. */
export const boundByController = "pv.kubernetes.io/bound-by-controller";
/** On a claim whose volume is to be made: the node that its first pod goes to. */
export const selectedNode = "volume.kubernetes.io/selected-node";
/** A provisioner that makes nothing: volumes of the class are made by hand. */
export const noProvisioner = "kubernetes.io/no-provisioner";

const betaClass = "volume.beta.kubernetes.io/storage-class";

export function storageClassOf({
  metadata,
  spec,
}: {
  readonly metadata: { readonly annotations?: Texts };
  readonly spec: { readonly storageClassName?: string | undefined };
}): string {
  return metadata.annotations?.[betaClass] ?? spec.storageClassName ?? "";
}

export function isFullyBound({ metadata, spec }: ClaimObject): boolean {
  return (spec.volumeName ?? "") !== "" && metadata.annotations?.[bindCompleted] !== undefined;
}

/** Whether the volume is kept for the claim, or is the claim's already. */
export function isMeantFor({ spec: { claimRef } }: VolumeObject, { metadata }: ClaimObject): boolean {
  if (claimRef === undefined) return false;
  const sameName = claimRef.name === metadata.name && claimRef.namespace === metadata.namespace;
  return sameName && ((claimRef.uid ?? "") === "" || claimRef.uid === metadata.uid);
}

/** In bytes and parts of them; 0 for what is no quantity. */
export function storageSize(amounts: Texts): bigint {
  const text = amounts?.["storage"];
  return text === undefined || checkQuantity(text) !== undefined ? 0n : parseQuantity(text).nanos;
}

export function requestedSize({ spec }: ClaimObject): bigint {
  return storageSize(spec.resources?.requests);
}

/** The volumes that the claim may have, those that it should have first: kept for it, else the smallest. */
export function candidatesFor<V extends VolumeObject>(claim: ClaimObject, volumes: readonly V[]): V[] {
  const meant: V[] = [];
  const free: { readonly volume: V; readonly size: bigint }[] = [];
  const isSelected = selectorTest(claim.spec.selector);
  const wanted = requestedSize(claim);
  for (const volume of volumes) {
    const size = storageSize(volume.spec.capacity);
    if (size < wanted || !isSameKind(claim, volume) || volume.metadata.deletionTimestamp !== undefined) {
      continue;
    }
    if (isMeantFor(volume, claim)) meant.push(volume);
    else if (isFree(claim, volume) && isSelected(volume.metadata.labels)) {
      free.push({ volume, size });
    }
  }
  free.sort((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : byName(a.volume, b.volume)));
  return [...meant.sort(byName), ...free.map(({ volume }) => volume)];
}

function isSameKind({ spec: wanted }: ClaimObject, { spec: offered }: VolumeObject): boolean {
  return (
    (wanted.volumeMode ?? "Filesystem") === (offered.volumeMode ?? "Filesystem") &&
    (wanted.volumeAttributesClassName ?? "") === (offered.volumeAttributesClassName ?? "")
  );
}

function isFree(claim: ClaimObject, volume: VolumeObject): boolean {
  const offered = volume.spec.accessModes ?? [];
  return (
    volume.spec.claimRef === undefined &&
    (volume.status?.phase ?? "Available") === "Available" &&
    storageClassOf(volume) === storageClassOf(claim) &&
    (claim.spec.accessModes ?? []).every((mode) => offered.includes(mode))
  );
}

function selectorTest(selector: LabelSelector | undefined): (labels: Texts) => boolean {
  if (selector === undefined) return () => true;
  const requirements = selectorFromLabelSelector(selector);
  return (labels) => matches(requirements, labels);
}

function byName(a: VolumeObject, b: VolumeObject): number {
  const [one = "", other = ""] = [a.metadata.name, b.metadata.name];
  return one < other ? -1 : one > other ? 1 : 0;
}
