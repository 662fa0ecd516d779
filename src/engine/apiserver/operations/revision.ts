/** Resource versions as clients send them. */

import { StatusError } from "../../../model/status.ts";
import { badRequest } from "../api-errors.ts";

export function parseRevision(text: string): number {
  const revision = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(revision)) return revision;
  throw badRequest(`invalid resource version "${text}": it must be one that the server gave out`);
}

/** A revision that this store never had: the client has seen another one. */
export function tooLargeRevision(asked: number, current: number): StatusError {
  return new StatusError("Timeout", `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
