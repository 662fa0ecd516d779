/** Volumes that are made of objects: ConfigMaps, Secrets, the pod itself. */

import { array, boolean, integer, object, required, string, type Infer } from "../../../schema.ts";
import { objectFieldSelector } from "../references.ts";
import { resourceFieldSelector } from "./container.ts";

const mode = integer("Permission bits of the file; the volume's default when absent.", {
  min: 0,
  max: 0o777,
});
const defaultMode = integer("Permission bits of files that name none.", {
  default: 0o644,
  min: 0,
  max: 0o777,
});

const keyToPath = object(
  "An entry and the file it becomes.",
  {
    key: required(string("Key of the entry.")),
    path: required(string("Path of the file in the volume.")),
    mode,
  },
  { name: "io.k8s.api.core.v1.KeyToPath" },
);
export interface KeyToPath extends Infer<typeof keyToPath> {}

const items = array(keyToPath, "Entries that become files; all of them when absent.");
const optional = boolean("Whether the object or its entries may be missing.");

export const configMapVolumeSource = object(
  "Files from a ConfigMap.",
  { name: string("Name of the ConfigMap."), items, defaultMode, optional },
  { name: "io.k8s.api.core.v1.ConfigMapVolumeSource" },
);

export const secretVolumeSource = object(
  "Files from a Secret.",
  { secretName: string("Name of the Secret."), items, defaultMode, optional },
  { name: "io.k8s.api.core.v1.SecretVolumeSource" },
);

const downwardAPIVolumeFile = object(
  "A file with a value of the pod.",
  {
    path: required(string("Path of the file in the volume.")),
    fieldRef: objectFieldSelector,
    resourceFieldRef: resourceFieldSelector,
    mode,
  },
  { name: "io.k8s.api.core.v1.DownwardAPIVolumeFile" },
);
export interface DownwardAPIVolumeFile extends Infer<typeof downwardAPIVolumeFile> {}

const downwardItems = array(downwardAPIVolumeFile, "The files.");

export const downwardAPIVolumeSource = object(
  "Files with values of the pod.",
  { items: downwardItems, defaultMode },
  { name: "io.k8s.api.core.v1.DownwardAPIVolumeSource" },
);

const projection = object(
  "One source of a projected volume.",
  {
    configMap: object(
      "Files from a ConfigMap.",
      { name: string("Name of the ConfigMap."), items, optional },
      { name: "io.k8s.api.core.v1.ConfigMapProjection" },
    ),
    secret: object(
      "Files from a Secret.",
      { name: string("Name of the Secret."), items, optional },
      { name: "io.k8s.api.core.v1.SecretProjection" },
    ),
    downwardAPI: object(
      "Files with values of the pod.",
      { items: downwardItems },
      { name: "io.k8s.api.core.v1.DownwardAPIProjection" },
    ),
    serviceAccountToken: object(
      "A file with a token of the pod's service account.",
      {
        audience: string("Whom the token is for."),
        expirationSeconds: integer("How long the token is valid.", { default: 3600, min: 600 }),
        path: required(string("Path of the file in the volume.")),
      },
      { name: "io.k8s.api.core.v1.ServiceAccountTokenProjection" },
    ),
  },
  { name: "io.k8s.api.core.v1.VolumeProjection" },
);

export const projectedVolumeSource = object(
  "Files from several sources in one volume.",
  { sources: array(projection, "The sources."), defaultMode },
  { name: "io.k8s.api.core.v1.ProjectedVolumeSource" },
);
export interface ProjectedVolumeSource extends Infer<typeof projectedVolumeSource> {}
