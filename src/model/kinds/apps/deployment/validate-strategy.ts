/** Rules of how a deployment replaces its pods. */

import { countOrPercentErrors, isZeroCount } from "../../count-or-percent.ts";
import { forbidden, invalid, type FieldError } from "../../../field-error.ts";

interface StrategySpec {
  readonly strategy?:
    | {
        readonly type?: string | undefined;
        readonly rollingUpdate?:
          | {
              readonly maxSurge?: number | string | undefined;
              readonly maxUnavailable?: number | string | undefined;
            }
          | undefined;
      }
    | undefined;
  readonly minReadySeconds?: number | undefined;
  readonly progressDeadlineSeconds?: number | undefined;
}

export function strategyErrors({ strategy, ...spec }: StrategySpec): FieldError[] {
  const path = "spec.strategy.rollingUpdate";
  const errors: FieldError[] = [];
  const { type, rollingUpdate } = strategy ?? {};
  if (type === "Recreate" && rollingUpdate !== undefined) {
    errors.push(forbidden(path, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (rollingUpdate !== undefined) {
    const { maxSurge = 0, maxUnavailable = 0 } = rollingUpdate;
    errors.push(
      ...countOrPercentErrors(maxUnavailable, `${path}.maxUnavailable`, true),
      ...countOrPercentErrors(maxSurge, `${path}.maxSurge`, false),
    );
    if (errors.length === 0 && isZeroCount(maxSurge) && isZeroCount(maxUnavailable)) {
      errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
    }
  }
  const { minReadySeconds = 0, progressDeadlineSeconds } = spec;
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    const detail = "must be greater than minReadySeconds";
    errors.push(invalid("spec.progressDeadlineSeconds", progressDeadlineSeconds, detail));
  }
  return errors;
}
