/** Where the bytes of a persistent volume are; one of these. */

import { map, object, required, string, type Infer } from "../../../schema.ts";
import {
  awsElasticBlockStore,
  azureDisk,
  fsType,
  gcePersistentDisk,
  hostPath,
  networkDisks,
  nfs,
  readOnly,
} from "../pod/volume.ts";

const secretReference = object(
  "Points at a Secret.",
  { name: string("Name of the Secret."), namespace: string("Namespace of the Secret.") },
  { name: "io.k8s.api.core.v1.SecretReference" },
);

const local = object(
  "A directory or disk of one node.",
  { path: required(string("Path on the node.")), fsType },
  { name: "io.k8s.api.core.v1.LocalVolumeSource" },
);

const csi = object(
  "A volume of a CSI driver.",
  {
    driver: required(string("Name of the driver.")),
    volumeHandle: required(string("The driver's name of the volume.")),
    readOnly,
    fsType,
    volumeAttributes: map(string("Value."), "Settings of the volume."),
    controllerPublishSecretRef: secretReference,
    nodeStageSecretRef: secretReference,
    nodePublishSecretRef: secretReference,
    controllerExpandSecretRef: secretReference,
    nodeExpandSecretRef: secretReference,
  },
  { name: "io.k8s.api.core.v1.CSIPersistentVolumeSource" },
);

const rbd = object(
  "A Ceph block device.",
  { ...networkDisks.rbd, secretRef: secretReference },
  { name: "io.k8s.api.core.v1.RBDPersistentVolumeSource" },
);

const iscsi = object(
  "A disk that is reached by iSCSI.",
  { ...networkDisks.iscsi, secretRef: secretReference },
  { name: "io.k8s.api.core.v1.ISCSIPersistentVolumeSource" },
);

const cephfs = object(
  "A Ceph file system.",
  { ...networkDisks.cephfs, secretRef: secretReference },
  { name: "io.k8s.api.core.v1.CephFSPersistentVolumeSource" },
);

export const persistentVolumeSources = {
  hostPath,
  local,
  csi,
  nfs,
  gcePersistentDisk,
  awsElasticBlockStore,
  azureDisk,
  rbd,
  iscsi,
  cephfs,
};
const all = object("", persistentVolumeSources);
export interface PersistentVolumeSources extends Infer<typeof all> {}

/** The names of the sources that are given. */
export function givenSources(spec: PersistentVolumeSources): (keyof PersistentVolumeSources)[] {
  const names = Object.keys(persistentVolumeSources) as (keyof PersistentVolumeSources)[];
  return names.filter((name) => spec[name] !== undefined);
}
