/** Validation findings, in Kubernetes' words (`k8s.io/apimachinery/pkg/util/validation/field`). */

export type FieldErrorType =
  | "Required"
  | "Invalid"
  | "NotSupported"
  | "Duplicate"
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
  TooLong: "FieldValueTooLong",
  TooMany: "FieldValueTooMany",
  Forbidden: "FieldValueForbidden",
  TypeInvalid: "FieldValueTypeInvalid",
};

export function fieldErrorText(error: FieldError): string {
  const shown = error.value === undefined ? "" : `: ${JSON.stringify(error.value)}`;
  const detail = error.detail === "" ? "" : `: ${error.detail}`;
  return `${titles[error.type]}${shown}${detail}`;
}

export function fieldErrorCause(error: FieldError): { reason: string; message: string; field: string } {
  return { reason: causeReasons[error.type], message: fieldErrorText(error), field: error.path };
}
