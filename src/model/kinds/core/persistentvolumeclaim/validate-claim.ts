/** Rules of claims. */

import { forbidden, invalid, invalidIf, required, type FieldError } from "../../../field-error.ts";
import { isJsonEqual } from "../../../json.ts";
import { checkDnsSubdomain } from "../../../names.ts";
import { checkQuantity, compareQuantities } from "../../../quantity.ts";
import { labelSelectorErrors } from "../../../validate-label-selector.ts";
import { storageClassOf } from "../../../volume-claims.ts";
import { accessModeErrors } from "../volume-access.ts";
import type { PersistentVolumeClaimSpec } from "./claim-spec.ts";
import type { PersistentVolumeClaim } from "./claim-fields.ts";

export function claimSpecErrors(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const { storageClassName = "" } = spec;
  return [
    ...accessModeErrors(spec.accessModes, `${path}.accessModes`, "at least 1 access mode is required"),
    ...labelSelectorErrors(spec.selector, `${path}.selector`),
    ...sizeErrors(spec, path),
    ...(storageClassName === ""
      ? []
      : invalidIf(checkDnsSubdomain(storageClassName), `${path}.storageClassName`, storageClassName)),
  ];
}

function sizeErrors({ resources }: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const storage = resources?.requests?.["storage"];
  const at = `${path}.resources[storage]`;
  if (storage === undefined) return [required(at)];
  const isPositive = checkQuantity(storage) !== undefined || compareQuantities(storage, "0") > 0;
  return isPositive ? [] : [invalid(at, storage, "must be greater than zero")];
}

const rule =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export function claimUpdateErrors(
  next: PersistentVolumeClaim,
  previous: PersistentVolumeClaim,
): FieldError[] {
  const errors = isJsonEqual(fixed(next, previous), fixed(previous, previous))
    ? []
    : [forbidden("spec", rule)];
  const size = (claim: PersistentVolumeClaim): string => claim.spec.resources?.requests?.["storage"] ?? "0";
  if (compareQuantities(size(next), size(previous)) < 0) {
    const capacity = previous.status?.capacity?.["storage"] ?? "0";
    // A claim that was made too large may shrink again, but not below what it already has.
    const isFailedGrowth = compareQuantities(size(next), capacity) > 0 && capacity !== "0";
    if (!isFailedGrowth) {
      const detail = "field can not be less than status.capacity";
      errors.push(forbidden("spec.resources.requests.storage", detail));
    }
  }
  return errors;
}

/** What of the spec must stay as it was, given what may be filled in or changed. */
function fixed({ spec, metadata }: PersistentVolumeClaim, previous: PersistentVolumeClaim): unknown {
  const { volumeName, storageClassName, resources, ...rest } = spec;
  const before = previous.spec;
  const isBound = previous.status?.phase === "Bound";
  return {
    ...rest,
    volumeAttributesClassName: isBound ? undefined : spec.volumeAttributesClassName,
    // Binding fills in the volume, and a default class that came later fills in the class.
    volumeName: (before.volumeName ?? "") === "" ? undefined : volumeName,
    storageClass:
      before.storageClassName === undefined
        ? undefined
        : storageClassOf({ spec: { storageClassName }, metadata }),
    limits: resources?.limits,
    requests: isBound ? undefined : resources?.requests,
  };
}
