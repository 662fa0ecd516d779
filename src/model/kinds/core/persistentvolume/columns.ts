/** The columns of volumes. */

import type { Column } from "../../../kind.ts";
import { ageText } from "../../../table.ts";
import { storageClassOf } from "../../../volume-claims.ts";
import { accessModesCell } from "../volume-access.ts";
import type { PersistentVolume } from "./volume-spec.ts";

export const persistentVolumeColumns: readonly Column<PersistentVolume>[] = [
  {
    name: "Capacity",
    type: "string",
    description: "How much it holds.",
    value: ({ spec }) => spec.capacity?.["storage"] ?? "",
  },
  {
    name: "Access Modes",
    type: "string",
    description: "How it can be mounted.",
    value: ({ spec }) => accessModesCell(spec.accessModes),
  },
  {
    name: "Reclaim Policy",
    type: "string",
    description: "What becomes of it when its claim is gone.",
    value: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? "Retain",
  },
  {
    name: "Status",
    type: "string",
    description: "Whether a claim has it, may have it, or had it.",
    value: ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
  },
  {
    name: "Claim",
    type: "string",
    description: "Claim that has it.",
    value: ({ spec: { claimRef } }) =>
      claimRef === undefined ? "" : `${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`,
  },
  {
    name: "StorageClass",
    type: "string",
    description: "Class that it belongs to.",
    value: storageClassOf,
  },
  {
    name: "VolumeAttributesClass",
    type: "string",
    description: "Class of its attributes.",
    value: ({ spec }) => spec.volumeAttributesClassName ?? "<unset>",
  },
  {
    name: "Reason",
    type: "string",
    description: "Why it is in this state.",
    value: ({ status }) => status?.reason ?? "",
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
