/** Rules of numbers of pods that may be given as a percentage. */

import { invalid, type FieldError } from "../field-error.ts";

export function isZeroCount(value: number | string): boolean {
  return value === 0 || value === "0%";
}

export function countOrPercentErrors(
  value: number | string,
  path: string,
  hundredMax: boolean,
): FieldError[] {
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
