/** Rules of persistent volumes. */

import {
  forbidden,
  invalid,
  invalidIf,
  notSupported,
  required,
  type FieldError,
} from "../../../field-error.ts";
import { isJsonEqual } from "../../../json.ts";
import { checkDnsSubdomain } from "../../../names.ts";
import { checkQuantity, compareQuantities } from "../../../quantity.ts";
import { upwardErrors } from "../pod/validate-env.ts";
import { nodeTermErrors } from "../pod/validate-placement.ts";
import { accessModeErrors } from "../volume-access.ts";
import type { PersistentVolumeSpec } from "./volume-spec.ts";
import { givenSources } from "./volume-sources.ts";

export function volumeSpecErrors(spec: PersistentVolumeSpec): FieldError[] {
  const { storageClassName = "" } = spec;
  return [
    ...accessModeErrors(spec.accessModes, "spec.accessModes", ""),
    ...capacityErrors(spec.capacity),
    ...sourceErrors(spec),
    ...(storageClassName === ""
      ? []
      : invalidIf(checkDnsSubdomain(storageClassName), "spec.storageClassName", storageClassName)),
    ...affinityErrors(spec),
  ];
}

function capacityErrors(capacity: PersistentVolumeSpec["capacity"]): FieldError[] {
  const path = "spec.capacity";
  const { storage, ...others } = capacity ?? {};
  if (capacity === undefined || Object.keys(capacity).length === 0) return [required(path)];
  if (storage === undefined || Object.keys(others).length > 0) {
    return [notSupported(path, capacity, ["storage"])];
  }
  const isPositive = checkQuantity(storage) !== undefined || compareQuantities(storage, "0") > 0;
  return isPositive ? [] : [invalid(`${path}[storage]`, storage, "must be greater than zero")];
}

function sourceErrors(spec: PersistentVolumeSpec): FieldError[] {
  const given = givenSources(spec);
  const errors: FieldError[] = given
    .slice(1)
    .map((extra) => forbidden(`spec.${extra}`, "may not specify more than 1 volume type"));
  if (given.length === 0) errors.push(required("spec", "must specify a volume type"));
  const { hostPath, local } = spec;
  if (hostPath !== undefined) {
    errors.push(...upwardErrors(hostPath.path, "spec.hostPath.path"));
    if (spec.persistentVolumeReclaimPolicy === "Recycle" && /^\/+$/.test(hostPath.path)) {
      const detail = "may not be 'recycle' for a hostPath mount of '/'";
      errors.push(forbidden("spec.persistentVolumeReclaimPolicy", detail));
    }
  }
  if (local !== undefined) {
    errors.push(
      ...(local.path === "" ? [required("spec.local.path")] : upwardErrors(local.path, "spec.local.path")),
    );
    if (spec.nodeAffinity === undefined) {
      errors.push(required("metadata.annotations", "Local volume requires node affinity"));
    }
  }
  return errors;
}

function affinityErrors({ nodeAffinity }: PersistentVolumeSpec): FieldError[] {
  if (nodeAffinity === undefined) return [];
  const path = "spec.nodeAffinity.required";
  const { required: terms } = nodeAffinity;
  if (terms === undefined) return [required(path, "must specify required node constraints")];
  return terms.nodeSelectorTerms.flatMap((term, index) =>
    nodeTermErrors(term, `${path}.nodeSelectorTerms[${index}]`),
  );
}

export function volumeUpdateErrors(next: PersistentVolumeSpec, previous: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = [];
  const sources = new Set([...givenSources(next), ...givenSources(previous)]);
  if ([...sources].some((source) => !isJsonEqual(next[source], previous[source]))) {
    const detail = "spec.persistentvolumesource is immutable after creation";
    errors.push(forbidden("spec.persistentvolumesource", detail));
  }
  if (next.volumeMode !== previous.volumeMode) {
    errors.push(invalid("spec.volumeMode", next.volumeMode, "field is immutable"));
  }
  if (previous.nodeAffinity !== undefined && !isJsonEqual(next.nodeAffinity, previous.nodeAffinity)) {
    errors.push(invalid("spec.nodeAffinity", next.nodeAffinity ?? null, "field is immutable"));
  }
  return errors;
}
