/** Validation findings, in Kubernetes' words (`k8s.io/apimachinery/pkg/util/validation/field`). */

export type FieldErrorType =
  | "Required"
  | "Invalid"
  | "NotSupported"
  | "Duplicate"
  | "NotFound"
  | "TooLong"
  | "TooMany"
  | "Forbidden"
  | "TypeInvalid";

export interface FieldError {
  readonly type: FieldErrorType;
  /** For instance `spec.containers[0].ports[1].hostPort`. */
  readonly path: string;
  /** What is wrong and what is allowed. */
  readonly detail: string;
  /** What was given; absent for Required, TooLong and Forbidden. */
  readonly value?: unknown;
}

const titles: Readonly<Record<FieldErrorType, string>> = {
  Required: "Required value",
  Invalid: "Invalid value",
  NotSupported: "Unsupported value",
  Duplicate: "Duplicate value",
  NotFound: "Not found",
  TooLong: "Too long",
  TooMany: "Too many",
  Forbidden: "Forbidden",
  TypeInvalid: "Invalid value",
};

const causeReasons: Readonly<Record<FieldErrorType, string>> = {
  Required: "FieldValueRequired",
  Invalid: "FieldValueInvalid",
  NotSupported: "FieldValueNotSupported",
  Duplicate: "FieldValueDuplicate",
  NotFound: "FieldValueNotFound",
  TooLong: "FieldValueTooLong",
  TooMany: "FieldValueTooMany",
  Forbidden: "FieldValueForbidden",
  TypeInvalid: "FieldValueTypeInvalid",
};

/** Longer values are cut in texts: a person needs no more to find them. */
const shownLengthMax = 400;

function shownValue(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}...`;
}

export function fieldErrorText(error: FieldError): string {
  const shown = error.value === undefined ? "" : `: ${shownValue(error.value)}`;
  const detail = error.detail === "" ? "" : `: ${error.detail}`;
  return `${titles[error.type]}${shown}${detail}`;
}

export function fieldErrorCause(error: FieldError): { reason: string; message: string; field: string } {
  return { reason: causeReasons[error.type], message: fieldErrorText(error), field: error.path };
}

export function required(path: string, detail = ""): FieldError {
  return { type: "Required", path, detail };
}

export function invalid(path: string, value: unknown, detail: string): FieldError {
  return { type: "Invalid", path, value, detail };
}

export function forbidden(path: string, detail: string): FieldError {
  return { type: "Forbidden", path, detail };
}

export function duplicate(path: string, value: unknown): FieldError {
  return { type: "Duplicate", path, value, detail: "" };
}

export function notSupported(path: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(", ");
  return { type: "NotSupported", path, value, detail: `supported values: ${list}` };
}

/** No error, or one Invalid: for checks that return what is wrong, or undefined. */
export function invalidIf(detail: string | undefined, path: string, value: unknown): FieldError[] {
  return detail === undefined ? [] : [invalid(path, value, detail)];
}

/** A Duplicate for each value that an earlier one of the list equals; undefined and empty values do not count. */
export function duplicates(
  values: readonly (string | undefined)[],
  pathOf: (index: number) => string,
): FieldError[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    if (value === undefined || value === "") return [];
    if (seen.has(value)) return [duplicate(pathOf(index), value)];
    seen.add(value);
    return [];
  });
}
