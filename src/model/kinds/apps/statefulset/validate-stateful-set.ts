/** Rules of stateful sets beyond those of all workloads. */

import { forbidden, invalid, type FieldError } from "../../../field-error.ts";
import { isJsonEqual } from "../../../json.ts";
import { claimSpecErrors } from "../../core/persistentvolumeclaim/validate-claim.ts";
import { countOrPercentErrors, isZeroCount } from "../../count-or-percent.ts";
import type { StatefulSetSpec } from "./stateful-set-spec.ts";

export function statefulSetSpecErrors(spec: StatefulSetSpec): FieldError[] {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  const path = "spec.updateStrategy.rollingUpdate";
  const errors = (spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
    claimSpecErrors(claim.spec, `spec.volumeClaimTemplates[${index}].spec`),
  );
  if (type === "OnDelete" && rollingUpdate !== undefined) {
    errors.push(invalid(path, rollingUpdate, `only allowed for updateStrategy 'RollingUpdate'`));
  }
  const { maxUnavailable } = rollingUpdate ?? {};
  if (maxUnavailable !== undefined) {
    errors.push(...countOrPercentErrors(maxUnavailable, `${path}.maxUnavailable`, true));
    if (isZeroCount(maxUnavailable)) {
      errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, "cannot be 0"));
    }
  }
  return errors;
}

const changeable: readonly (keyof StatefulSetSpec)[] = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];
/** Reported as immutable by the schema. */
const reported: readonly (keyof StatefulSetSpec)[] = ["selector", "podManagementPolicy"];

export function statefulSetUpdateErrors(next: StatefulSetSpec, previous: StatefulSetSpec): FieldError[] {
  const fixed = (spec: StatefulSetSpec): object =>
    Object.fromEntries(
      Object.entries(spec).filter(
        ([field]) => ![...changeable, ...reported].includes(field as keyof StatefulSetSpec),
      ),
    );
  if (isJsonEqual(fixed(next), fixed(previous))) return [];
  const detail =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [forbidden("spec", detail)];
}
