import { defineKind } from "../../../define.ts";
import { persistentVolumeClaimFields, type PersistentVolumeClaim } from "./claim-fields.ts";
import { claimColumns } from "./columns.ts";
import { claimSpecErrors, claimUpdateErrors } from "./validate-claim.ts";

export type { PersistentVolumeClaim } from "./claim-fields.ts";

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  shortNames: ["pvc"],
  description: "Asks for storage; pods mount what it got.",
  fields: persistentVolumeClaimFields,
  columns: claimColumns,
  initialStatus: () => ({ phase: "Pending" }),
  validate: ({ spec }) => claimSpecErrors(spec, "spec"),
  validateUpdate: claimUpdateErrors,
});
