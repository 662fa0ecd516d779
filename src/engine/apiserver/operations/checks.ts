/** What is checked of a body before its fields are: what it says it is, and fields that its kind does not have. */

import { apiVersionOf, type Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { dropUnknownFields } from "../../../model/unknown-fields.ts";
import { badRequest } from "../api-errors.ts";

export interface FieldChecks {
  /** What to do about fields that the kind does not have, beside dropping them; absent: nothing. */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict" | undefined;
  readonly warn?: ((text: string) => void) | undefined;
}

/** An object may leave out what the path says already, but not contradict it. */
export function checkType(kind: Kind, given: unknown): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw badRequest(`the body must be one ${kind.kind} object`);
  }
  const { apiVersion, kind: name } = given as Partial<KubeObject>;
  const expected = apiVersionOf(kind);
  if (apiVersion !== undefined && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (name !== undefined && name !== kind.kind) {
    throw badRequest(`the kind in the data (${name}) does not match the expected kind (${kind.kind})`);
  }
}

/** Drops what the kind does not know from a fresh object, and says so as the client wishes. */
export function checkFields(kind: Kind, object: KubeObject, { fieldValidation, warn }: FieldChecks): void {
  const unknown = dropUnknownFields(kind, object).map((path) => `unknown field "${path}"`);
  if (unknown.length === 0) return;
  if (fieldValidation === "Strict") {
    const version = apiVersionOf(kind).split("/").at(-1);
    throw badRequest(
      `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: strict decoding error: ${unknown.join(", ")}`,
    );
  }
  if (fieldValidation === "Warn") for (const text of unknown) warn?.(text);
}
