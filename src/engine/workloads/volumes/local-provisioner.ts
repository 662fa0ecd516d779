/**
 * The built-in provisioner: a volume is a directory on this machine, which the chosen node has. The nodes of one
 * machine share its disk, so the directory lies where every one of them finds it.
 *
 * What must stay true: nothing outside the directory of volumes is ever removed, whatever an object says.
 */

import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../../../client/client.ts";
import { mirrorTree } from "../../../lib/mirror-tree.ts";
import { syncNames, syncTree } from "../../../lib/sync-to-disk.ts";
import { newObject } from "../../../model/kind.ts";
import type { Node } from "../../../model/kinds/core/node/node.ts";
import {
  persistentVolume,
  type PersistentVolume,
} from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import type { PersistentVolumeClaim } from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { storageClass, type StorageClass } from "../../../model/kinds/storage/storageclass/storageclass.ts";
import { isStatus } from "../../../model/status.ts";
import { provisionedBy } from "./decide.ts";

export const localProvisioner = "nagi.dev/local";
const hostnameLabel = "kubernetes.io/hostname";

/** Volumes for claims that name no class. */
export const localClass: StorageClass = newObject(
  storageClass,
  { name: "local", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  {
    provisioner: localProvisioner,
    reclaimPolicy: "Delete",
    volumeBindingMode: "WaitForFirstConsumer",
  },
);

/** Makes the class unless one of its name is there. */
export async function ensureLocalClass(client: Client): Promise<void> {
  try {
    await client.create(storageClass, localClass);
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
  }
}

export interface NewVolume {
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass;
  /** Where it is to be reached from. */
  readonly nodes: readonly Node[];
  /** Directory whose files it begins with. */
  readonly from?: string | undefined;
}

/** A name that no other claim's volume can have. */
export function volumeNameFor({ metadata }: PersistentVolumeClaim): string {
  return `pvc-${metadata.uid ?? ""}`;
}

export class LocalVolumes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The volume of the claim, bound to it from the start. Doing it twice makes the same. */
  async make({
    claim,
    storageClass: { metadata, reclaimPolicy },
    nodes,
    from,
  }: NewVolume): Promise<PersistentVolume> {
    const name = volumeNameFor(claim);
    const path = this.#pathOf(name);
    if (from === undefined) await mkdir(path, { recursive: true });
    else await mirrorTree(from, path);
    // Whoever the container runs as may write to its volume.
    await chmod(path, 0o777);
    if (from !== undefined) await syncTree(path);
    await syncNames(this.#directory);
    const { name: claimName, namespace, uid } = claim.metadata;
    const values = nodes.map((node) => node.metadata.labels?.[hostnameLabel] ?? node.metadata.name ?? "");
    return newObject(
      persistentVolume,
      { name, annotations: { [provisionedBy]: localProvisioner } },
      {
        spec: {
          capacity: { storage: claim.spec.resources?.requests?.["storage"] ?? "0" },
          accessModes: claim.spec.accessModes,
          claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: claimName, uid },
          persistentVolumeReclaimPolicy: reclaimPolicy ?? "Delete",
          storageClassName: metadata.name ?? "",
          volumeMode: "Filesystem",
          local: { path },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: hostnameLabel, operator: "In", values }] }],
            },
          },
        },
      },
    );
  }

  /** Whether the volume is one that was made here. */
  owns({ metadata, spec }: PersistentVolume): boolean {
    return (
      metadata.annotations?.[provisionedBy] === localProvisioner &&
      spec.local?.path === this.#pathOf(metadata.name ?? "")
    );
  }

  async remove(volume: PersistentVolume): Promise<void> {
    if (!this.owns(volume)) return;
    await rm(this.#pathOf(volume.metadata.name ?? ""), { recursive: true, force: true });
  }

  #pathOf(name: string): string {
    return join(this.#directory, name);
  }
}
