/** Where the bytes of a persistent volume are; one of these. */

import { array, boolean, integer, map, object, required, string, type Infer } from "../../../schema.ts";
import {
  awsElasticBlockStore,
  azureDisk,
  fsType,
  gcePersistentDisk,
  hostPath,
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
  {
    monitors: required(array(string("Monitor."), "Ceph monitors.", { minLength: 1 })),
    image: required(string("Name of the image.")),
    fsType,
    pool: string("Pool of the image.", { default: "rbd" }),
    user: string("Ceph user.", { default: "admin" }),
    keyring: string("Path of the user's keyring.", { default: "/etc/ceph/keyring" }),
    secretRef: secretReference,
    readOnly,
  },
  { name: "io.k8s.api.core.v1.RBDPersistentVolumeSource" },
);

const iscsi = object(
  "A disk that is reached by iSCSI.",
  {
    targetPortal: required(string("Address of the target.")),
    iqn: required(string("Qualified name of the target.")),
    lun: required(integer("Logical unit.", { min: 0, max: 255 })),
    iscsiInterface: string("Interface of the initiator.", { default: "default" }),
    fsType,
    readOnly,
    portals: array(string("Address."), "Further addresses of the target."),
    chapAuthDiscovery: boolean("Whether discovery uses CHAP."),
    chapAuthSession: boolean("Whether the session uses CHAP."),
    secretRef: secretReference,
    initiatorName: string("Name of the initiator."),
  },
  { name: "io.k8s.api.core.v1.ISCSIPersistentVolumeSource" },
);

const cephfs = object(
  "A Ceph file system.",
  {
    monitors: required(array(string("Monitor."), "Ceph monitors.", { minLength: 1 })),
    path: string("Path in the file system."),
    user: string("Ceph user."),
    secretFile: string("Path of the user's keyring."),
    secretRef: secretReference,
    readOnly,
  },
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
