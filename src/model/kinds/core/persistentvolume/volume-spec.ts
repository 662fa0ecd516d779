/** What a volume is, and what is with it. */

import type { KubeObject } from "../../../meta.ts";
import { array, map, object, oneOf, quantity, required, string, time, type Infer } from "../../../schema.ts";
import { nodeSelector } from "../pod/affinity.ts";
import { objectReference } from "../references.ts";
import { accessModes, volumeMode } from "../volume-access.ts";
import { persistentVolumeSources } from "./volume-sources.ts";

const persistentVolumeSpec = object(
  "What the volume is.",
  {
    capacity: map(quantity("Amount."), "How much it holds, as storage."),
    ...persistentVolumeSources,
    accessModes: accessModes("All the ways in which it can be mounted."),
    claimRef: objectReference,
    persistentVolumeReclaimPolicy: oneOf(
      ["Retain", "Delete", "Recycle"],
      "What becomes of it when its claim is gone.",
      { default: "Retain" },
    ),
    storageClassName: string("Class that it belongs to; empty for none."),
    mountOptions: array(string("Option."), "Options of the mount."),
    volumeMode: volumeMode(),
    nodeAffinity: object(
      "From which nodes it can be reached.",
      { required: nodeSelector },
      { name: "io.k8s.api.core.v1.VolumeNodeAffinity" },
    ),
    volumeAttributesClassName: string("Class of the volume's attributes."),
  },
  { name: "io.k8s.api.core.v1.PersistentVolumeSpec" },
);
export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}

const persistentVolumeStatus = object(
  "What is with the volume.",
  {
    phase: oneOf(
      ["Pending", "Available", "Bound", "Released", "Failed"],
      "Whether a claim has it, may have it, or had it.",
    ),
    message: string("Why, as a sentence."),
    reason: string("Why, in one word."),
    lastPhaseTransitionTime: time("When the phase last changed."),
  },
  { name: "io.k8s.api.core.v1.PersistentVolumeStatus" },
);

export const persistentVolumeFields = {
  spec: required(persistentVolumeSpec),
  status: persistentVolumeStatus,
};
const schema = object("", persistentVolumeFields);
export interface PersistentVolume extends KubeObject, Infer<typeof schema> {}
