/** What a claim asks for: of claims, and of the templates that claims are made from. */

import { labelSelector } from "../../../label-selector.ts";
import { map, object, oneOf, quantity, required, string, type Infer } from "../../../schema.ts";
import { typedLocalObjectReference } from "../references.ts";
import { accessModes, volumeMode } from "../volume-access.ts";

const volumeResources = object(
  "How much storage is asked for.",
  {
    limits: map(quantity("Amount."), "The most that is wanted."),
    requests: map(quantity("Amount."), "The least that is wanted."),
  },
  { name: "io.k8s.api.core.v1.VolumeResourceRequirements" },
);

const dataSourceRef = object(
  "What the volume is filled from.",
  {
    apiGroup: string("API group of the source."),
    kind: required(string("Kind of the source.")),
    name: required(string("Name of the source.")),
    namespace: string("Namespace of the source; the claim's when absent."),
  },
  { name: "io.k8s.api.core.v1.TypedObjectReference" },
);

export const persistentVolumeClaimSpec = object(
  "What is asked for.",
  {
    accessModes: accessModes("Ways in which the volume must be mountable."),
    selector: labelSelector,
    resources: volumeResources,
    volumeName: string("Volume that the claim has."),
    storageClassName: string("Class of the volume; empty for none, the default class when absent."),
    volumeMode: volumeMode(),
    dataSource: typedLocalObjectReference,
    dataSourceRef,
    volumeAttributesClassName: string("Class of the volume's attributes."),
  },
  { name: "io.k8s.api.core.v1.PersistentVolumeClaimSpec" },
);
export interface PersistentVolumeClaimSpec extends Infer<typeof persistentVolumeClaimSpec> {}

export const claimPhase = oneOf(
  ["Pending", "Bound", "Lost"],
  "Whether it has its volume, or had one that is gone.",
);
