/** A volume of a pod: a name and exactly one source. */

import {
  array,
  boolean,
  integer,
  map,
  object,
  oneOf,
  quantity,
  required,
  string,
  type Infer,
} from "../../../schema.ts";
import { objectMeta } from "../../../meta.ts";
import { persistentVolumeClaimSpec } from "../persistentvolumeclaim/claim-spec.ts";
import { localObjectReference } from "../references.ts";
import {
  configMapVolumeSource,
  downwardAPIVolumeSource,
  projectedVolumeSource,
  secretVolumeSource,
} from "./volume-files.ts";

export const fsType = string("File system on the disk.");
export const readOnly = boolean("Whether it can only be read.");
const partition = integer("Partition to mount; 0 is the whole disk.", { min: 0, max: 255 });

const emptyDir = object(
  "A directory that lives as long as the pod.",
  {
    medium: oneOf(["", "Memory", "HugePages"], "Memory keeps it in memory instead of on disk."),
    sizeLimit: quantity("The most that it may hold."),
  },
  { name: "io.k8s.api.core.v1.EmptyDirVolumeSource" },
);

export const hostPath = object(
  "A file or directory of the node.",
  {
    path: required(string("Path on the node.")),
    type: oneOf(
      ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"],
      "What must be there, or is made.",
      { default: "" },
    ),
  },
  { name: "io.k8s.api.core.v1.HostPathVolumeSource" },
);

const persistentVolumeClaim = object(
  "Storage that a claim of the namespace stands for.",
  { claimName: required(string("Name of the claim.")), readOnly },
  { name: "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource" },
);

export const gcePersistentDisk = object(
  "A disk of Google Compute Engine.",
  { pdName: required(string("Name of the disk.")), fsType, partition, readOnly },
  { name: "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource" },
);

export const awsElasticBlockStore = object(
  "A disk of Amazon EC2.",
  { volumeID: required(string("Id of the disk.")), fsType, partition, readOnly },
  { name: "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource" },
);

/** Of the disks that pods name themselves and of persistent ones alike: only their secrets are pointed at differently. */
export const networkDisks = {
  rbd: {
    monitors: required(array(string("Monitor."), "Ceph monitors.", { minLength: 1 })),
    image: required(string("Name of the image.")),
    fsType,
    pool: string("Pool of the image.", { default: "rbd" }),
    user: string("Ceph user.", { default: "admin" }),
    keyring: string("Path of the user's keyring.", { default: "/etc/ceph/keyring" }),
    readOnly,
  },
  iscsi: {
    targetPortal: required(string("Address of the target.")),
    iqn: required(string("Qualified name of the target.")),
    lun: required(integer("Logical unit.", { min: 0, max: 255 })),
    iscsiInterface: string("Interface of the initiator.", { default: "default" }),
    fsType,
    readOnly,
    portals: array(string("Address."), "Further addresses of the target."),
    chapAuthDiscovery: boolean("Whether discovery uses CHAP."),
    chapAuthSession: boolean("Whether the session uses CHAP."),
    initiatorName: string("Name of the initiator."),
  },
  cephfs: {
    monitors: required(array(string("Monitor."), "Ceph monitors.", { minLength: 1 })),
    path: string("Path in the file system."),
    user: string("Ceph user."),
    secretFile: string("Path of the user's keyring."),
    readOnly,
  },
};

const rbd = object(
  "A Ceph block device.",
  { ...networkDisks.rbd, secretRef: localObjectReference },
  { name: "io.k8s.api.core.v1.RBDVolumeSource" },
);

const iscsi = object(
  "A disk that is reached by iSCSI.",
  { ...networkDisks.iscsi, secretRef: localObjectReference },
  { name: "io.k8s.api.core.v1.ISCSIVolumeSource" },
);

const cephfs = object(
  "A Ceph file system.",
  { ...networkDisks.cephfs, secretRef: localObjectReference },
  { name: "io.k8s.api.core.v1.CephFSVolumeSource" },
);

export const nfs = object(
  "A directory of an NFS server.",
  {
    server: required(string("The server.")),
    path: required(string("Path on the server.")),
    readOnly,
  },
  { name: "io.k8s.api.core.v1.NFSVolumeSource" },
);

const csi = object(
  "A volume of a CSI driver that lives as long as the pod.",
  {
    driver: required(string("Name of the driver.")),
    readOnly,
    fsType,
    volumeAttributes: map(string("Value."), "Settings of the driver."),
    nodePublishSecretRef: localObjectReference,
  },
  { name: "io.k8s.api.core.v1.CSIVolumeSource" },
);

export const azureDisk = object(
  "A disk of Azure.",
  {
    diskName: required(string("Name of the disk.")),
    diskURI: required(string("Address of the disk.")),
    cachingMode: string("How the disk is cached.", { default: "ReadWrite" }),
    fsType,
    readOnly,
    kind: string("Shared, Dedicated or Managed.", { default: "Shared" }),
  },
  { name: "io.k8s.api.core.v1.AzureDiskVolumeSource" },
);

const imageVolume = object(
  "The files of an image.",
  {
    reference: string("The image."),
    pullPolicy: oneOf(["Always", "IfNotPresent", "Never"], "When the image is pulled."),
  },
  { name: "io.k8s.api.core.v1.ImageVolumeSource" },
);

const ephemeral = object(
  "Storage of its own for the pod, by a claim that goes with it.",
  {
    volumeClaimTemplate: object(
      "What the claim is made from; its name is the pod's, a dash, and the volume's.",
      { metadata: objectMeta, spec: required(persistentVolumeClaimSpec) },
      { name: "io.k8s.api.core.v1.PersistentVolumeClaimTemplate" },
    ),
  },
  { name: "io.k8s.api.core.v1.EphemeralVolumeSource" },
);

export const volumeSources = {
  emptyDir,
  hostPath,
  configMap: configMapVolumeSource,
  secret: secretVolumeSource,
  downwardAPI: downwardAPIVolumeSource,
  projected: projectedVolumeSource,
  persistentVolumeClaim,
  gcePersistentDisk,
  awsElasticBlockStore,
  azureDisk,
  rbd,
  iscsi,
  cephfs,
  nfs,
  csi,
  ephemeral,
  image: imageVolume,
};

export const volume = object(
  "A directory that containers can mount; one source, emptyDir when there is none.",
  { name: required(string("Name, unique in the pod; a DNS label.")), ...volumeSources },
  { name: "io.k8s.api.core.v1.Volume" },
);
export interface Volume extends Infer<typeof volume> {}
