/** The columns of claims. */

import type { Column } from "../../../kind.ts";
import { ageText } from "../../../table.ts";
import { storageClassOf } from "../../../volume-claims.ts";
import { accessModesCell } from "../volume-access.ts";
import type { PersistentVolumeClaim } from "./claim-fields.ts";

export const claimColumns: readonly Column<PersistentVolumeClaim>[] = [
  {
    name: "Status",
    type: "string",
    description: "Whether it has its volume.",
    value: ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
  },
  {
    name: "Volume",
    type: "string",
    description: "Volume that it has.",
    value: ({ spec }) => spec.volumeName ?? "",
  },
  {
    name: "Capacity",
    type: "string",
    description: "How much the volume holds.",
    value: ({ spec, status }) =>
      (spec.volumeName ?? "") === "" ? "" : (status?.capacity?.["storage"] ?? "0"),
  },
  {
    name: "Access Modes",
    type: "string",
    description: "How the volume can be mounted.",
    value: ({ spec, status }) => ((spec.volumeName ?? "") === "" ? "" : accessModesCell(status?.accessModes)),
  },
  {
    name: "StorageClass",
    type: "string",
    description: "Class of the volume.",
    value: storageClassOf,
  },
  {
    name: "VolumeAttributesClass",
    type: "string",
    description: "Class of the volume's attributes.",
    value: ({ spec }) => spec.volumeAttributesClassName ?? "<unset>",
  },
  {
    name: "Age",
    type: "string",
    description: "Time since the creation.",
    value: ({ metadata }, { nowMs }) => ageText(metadata.creationTimestamp, nowMs),
  },
  {
    name: "VolumeMode",
    type: "string",
    priority: 1,
    description: "Directory or device.",
    value: ({ spec }) => spec.volumeMode ?? "<unset>",
  },
];
