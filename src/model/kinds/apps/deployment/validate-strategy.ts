/** Rules of how a deployment replaces its pods. */

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
    if (errors.length === 0 && isZero(maxSurge) && isZero(maxUnavailable)) {
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

function isZero(value: number | string): boolean {
  return value === 0 || value === "0%";
}

function countOrPercentErrors(value: number | string, path: string, hundredMax: boolean): FieldError[] {
  if (typeof value === "number") {
    return value < 0 ? [invalid(path, value, "must be greater than or equal to 0")] : [];
  }
  const percent = /^([0-9]{1,9})%$/.exec(value)?.[1];
  if (percent === undefined) {
    const detail =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    return [invalid(path, value, detail)];
  }
  return hundredMax && Number(percent) > 100 ? [invalid(path, value, "must not be greater than 100%")] : [];
}
