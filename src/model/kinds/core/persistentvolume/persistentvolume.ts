import { defineKind } from "../../../define.ts";
import { persistentVolumeColumns } from "./columns.ts";
import { volumeSpecErrors, volumeUpdateErrors } from "./validate-volume.ts";
import { persistentVolumeFields, type PersistentVolume } from "./volume-spec.ts";

export type { PersistentVolume, PersistentVolumeSpec } from "./volume-spec.ts";

export const persistentVolume = defineKind<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  shortNames: ["pv"],
  namespaced: false,
  description: "A piece of storage that outlives pods.",
  fields: persistentVolumeFields,
  columns: persistentVolumeColumns,
  initialStatus: () => ({ phase: "Pending" }),
  validate: ({ spec }) => volumeSpecErrors(spec),
  validateUpdate: (next, previous) => volumeUpdateErrors(next.spec, previous.spec),
});
