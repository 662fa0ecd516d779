/** What of a pod may be changed once it is there. */

import { forbidden, invalid, type FieldError } from "../../../field-error.ts";
import { isJsonEqual } from "../../../json.ts";
import type { Toleration } from "./affinity.ts";
import type { Container } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";

const rule =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

export function podSpecUpdateErrors(next: PodSpec, previous: PodSpec): FieldError[] {
  for (const field of ["containers", "initContainers"] as const) {
    if ((next[field] ?? []).length !== (previous[field] ?? []).length) {
      return [forbidden(`spec.${field}`, "pod updates may not add or remove containers")];
    }
  }
  return [
    ...deadlineErrors(next, previous),
    ...tolerationErrors(next, previous),
    ...gateErrors(next, previous),
    ...otherErrors(next, previous),
  ];
}

function deadlineErrors(next: PodSpec, previous: PodSpec): FieldError[] {
  const { activeDeadlineSeconds: given } = next;
  const { activeDeadlineSeconds: before } = previous;
  if (before === undefined || (given !== undefined && given <= before)) return [];
  const path = "spec.activeDeadlineSeconds";
  if (given === undefined)
    return [invalid(path, null, "must not update from a positive integer to nil value")];
  return [invalid(path, given, `must be less than or equal to previous value`)];
}

function tolerationErrors(next: PodSpec, previous: PodSpec): FieldError[] {
  const withoutSeconds = (toleration: Toleration): Toleration => ({
    ...toleration,
    tolerationSeconds: undefined,
  });
  const kept = (next.tolerations ?? []).map(withoutSeconds);
  const missing = (previous.tolerations ?? []).some(
    (before) => !kept.some((after) => isJsonEqual(withoutSeconds(before), after)),
  );
  return missing
    ? [forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")]
    : [];
}

function gateErrors(next: PodSpec, previous: PodSpec): FieldError[] {
  const before = new Set((previous.schedulingGates ?? []).map(({ name }) => name));
  return (next.schedulingGates ?? [])
    .filter(({ name }) => !before.has(name))
    .map(({ name }) =>
      forbidden("spec.schedulingGates", `only deletion is allowed, but found new scheduling gate '${name}'`),
    );
}

/** While a pod is gated, its place may still be narrowed. */
const changeableWhenGated = ["nodeSelector", "affinity"];
const changeable = ["activeDeadlineSeconds", "tolerations", "schedulingGates"];

function otherErrors(next: PodSpec, previous: PodSpec): FieldError[] {
  const isGated = (previous.schedulingGates ?? []).length > 0;
  const ignored = isGated ? [...changeable, ...changeableWhenGated] : changeable;
  const changed = [...new Set([...Object.keys(next), ...Object.keys(previous)])]
    .filter((field) => !ignored.includes(field))
    .filter((field) => !isJsonEqual(comparable(next, field), comparable(previous, field)))
    .map((field) => `spec.${field}`);
  return changed.length === 0 ? [] : [forbidden("spec", `${rule}; changed: ${changed.join(", ")}`)];
}

function comparable(spec: PodSpec, field: string): unknown {
  const value: unknown = spec[field as keyof PodSpec];
  if (field !== "containers" && field !== "initContainers") return value;
  return ((value ?? []) as Container[]).map((container) => ({ ...container, image: undefined }));
}
