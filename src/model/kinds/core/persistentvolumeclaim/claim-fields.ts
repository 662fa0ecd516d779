/** What is with a claim, and its whole. */

import { condition, type KubeObject } from "../../../meta.ts";
import { array, map, object, quantity, required, string, type Infer } from "../../../schema.ts";
import { accessModes } from "../volume-access.ts";
import { claimPhase, persistentVolumeClaimSpec } from "./claim-spec.ts";

const persistentVolumeClaimStatus = object(
  "What is with the claim.",
  {
    phase: claimPhase,
    accessModes: accessModes("Ways in which its volume can be mounted."),
    capacity: map(quantity("Amount."), "How much its volume holds."),
    conditions: array(condition, "Aspects of the claim.", { mergeKey: "type" }),
    allocatedResources: map(quantity("Amount."), "How much is set aside, while it grows."),
    allocatedResourceStatuses: map(string("State."), "How the growing is going."),
    currentVolumeAttributesClassName: string("Class of the attributes that the volume has."),
  },
  { name: "io.k8s.api.core.v1.PersistentVolumeClaimStatus" },
);

export const persistentVolumeClaimFields = {
  spec: required(persistentVolumeClaimSpec),
  status: persistentVolumeClaimStatus,
};
const schema = object("", persistentVolumeClaimFields);
export interface PersistentVolumeClaim extends KubeObject, Infer<typeof schema> {}
