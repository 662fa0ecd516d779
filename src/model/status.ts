/** Kubernetes' Status: the shape of every error that a client of the API sees. */

export type StatusReason =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Expired"
  | "Invalid"
  | "Timeout"
  | "TooManyRequests"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "ServiceUnavailable";

const codes: Readonly<Record<StatusReason, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string | undefined;
}

export interface StatusDetails {
  readonly name?: string | undefined;
  readonly group?: string | undefined;
  readonly kind?: string | undefined;
  readonly uid?: string | undefined;
  readonly causes?: readonly StatusCause[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: "Success" | "Failure";
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly details?: StatusDetails | undefined;
  readonly code: number;
}

export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, details?: StatusDetails, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.code = codes[reason];
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  /** The error that a failure Status received over the wire stands for. */
  static from(status: Pick<Status, "message" | "reason" | "code" | "details">): StatusError {
    const byCode = (Object.keys(codes) as StatusReason[]).find((reason) => codes[reason] === status.code);
    const known = status.reason !== undefined && Object.hasOwn(codes, status.reason);
    const reason = known ? (status.reason as StatusReason) : (byCode ?? "InternalError");
    return new StatusError(reason, status.message ?? reason, status.details);
  }
}

export function isStatus(thrown: unknown, ...reasons: StatusReason[]): thrown is StatusError {
  return thrown instanceof StatusError && (reasons.length === 0 || reasons.includes(thrown.reason));
}

export function isNotFound(thrown: unknown): thrown is StatusError {
  return isStatus(thrown, "NotFound");
}

export function isConflict(thrown: unknown): thrown is StatusError {
  return isStatus(thrown, "Conflict");
}
