/** The errors of the API, in Kubernetes' words: users and tools know them by their text. */

import type { FieldError } from "../../model/field-error.ts";
import { resourceName, type Kind } from "../../model/kind.ts";
import { StatusError, type StatusDetails } from "../../model/status.ts";
import { invalidError } from "../../model/validate.ts";

export function notFound(kind: Kind, name: string): StatusError {
  return new StatusError("NotFound", `${resourceName(kind)} "${name}" not found`, detailsOf(kind, name));
}

export function alreadyExists(kind: Kind, name: string): StatusError {
  const message = `${resourceName(kind)} "${name}" already exists`;
  return new StatusError("AlreadyExists", message, detailsOf(kind, name));
}

export function conflict(kind: Kind, name: string, why: string, subresource = ""): StatusError {
  const resource = subresource === "" ? resourceName(kind) : `${resourceName(kind)}/${subresource}`;
  const message = `Operation cannot be fulfilled on ${resource} "${name}": ${why}`;
  return new StatusError("Conflict", message, detailsOf(kind, name));
}

export function modified(kind: Kind, name: string): StatusError {
  return conflict(
    kind,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

export function forbidden(kind: Kind, name: string, why: string): StatusError {
  const subject = name === "" ? `${resourceName(kind)} is` : `${resourceName(kind)} "${name}" is`;
  return new StatusError("Forbidden", `${subject} forbidden: ${why}`, detailsOf(kind, name));
}

/** A value that the schema allows but the server cannot take. */
export function invalid(kind: Kind, name: string, errors: readonly FieldError[]): StatusError {
  return invalidError(kind, { apiVersion: "", kind: kind.kind, metadata: { name } }, errors);
}

export function badRequest(message: string): StatusError {
  return new StatusError("BadRequest", message);
}

/** A path that leads nowhere. */
export function noSuchPath(): StatusError {
  return new StatusError("NotFound", "the server could not find the requested resource");
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
  );
}

export function unauthorized(): StatusError {
  return new StatusError("Unauthorized", "Unauthorized");
}

export function expired(message: string): StatusError {
  return new StatusError("Expired", message);
}

export function tooManyRequests(message: string): StatusError {
  return new StatusError("TooManyRequests", message, { retryAfterSeconds: 1 });
}

function detailsOf(kind: Kind, name: string): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.plural,
  };
}

/** Of a subresource that is served over WebSocket, to a request that asks for no upgrade. */
export function upgradeRequired(): StatusError {
  return badRequest("Upgrade request required: this is served over WebSocket");
}
