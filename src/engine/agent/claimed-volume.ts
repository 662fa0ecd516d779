/** The volume that a claim of the pod stands for: where its files are on this machine. */

import { stat } from "node:fs/promises";
import type { Client } from "../../client/client.ts";
import {
  persistentVolume,
  type PersistentVolume,
} from "../../model/kinds/core/persistentvolume/persistentvolume.ts";
import { persistentVolumeClaim } from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Volume } from "../../model/kinds/core/pod/volume.ts";
import { isFullyBound, isMeantFor } from "../../model/volume-claims.ts";
import { messageOf } from "../../lib/errors.ts";
import { prepareHostPath } from "./host-path.ts";
import { MountError } from "./mount-error.ts";

/** The claim that the volume of the pod names; undefined for volumes of another sort. */
export function claimNameOf({ metadata }: Pod, volume: Volume): string | undefined {
  if (volume.ephemeral !== undefined) return `${metadata.name ?? ""}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName;
}

export function isReadOnly(volume: Volume): boolean {
  return volume.persistentVolumeClaim?.readOnly === true;
}

/** Fails with what the user can do something about, also when the claim has not got its volume yet. */
export async function claimedVolume(
  client: Client,
  namespace: string,
  claimName: string,
): Promise<PersistentVolume> {
  const claim = await client.get(persistentVolumeClaim, { namespace, name: claimName });
  if (!isFullyBound(claim)) throw new MountError(`persistentvolumeclaim "${claimName}" is not bound`);
  const volume = await client.get(persistentVolume, { name: claim.spec.volumeName ?? "" });
  if (!isMeantFor(volume, claim)) {
    throw new MountError(`persistentvolume "${volume.metadata.name}" belongs to another claim`);
  }
  return volume;
}

/** The directory of the volume, which must be there or be makeable. */
export async function pathOfVolume({ metadata, spec }: PersistentVolume): Promise<string> {
  if (spec.volumeMode === "Block") throw new MountError("block volumes are not supported by this engine");
  if (spec.hostPath !== undefined) return prepareHostPath(spec.hostPath);
  if (spec.local === undefined) {
    throw new MountError(
      `persistentvolume "${metadata.name}" is of a type that this engine does not support: hostPath and local are`,
    );
  }
  const { path } = spec.local;
  try {
    await stat(path);
  } catch (error) {
    throw new MountError(`path "${path}" does not exist: ${messageOf(error)}`, { cause: error });
  }
  return path;
}
