/** Field selectors: `spec.nodeName=node-1,status.phase!=Failed`. */

import type { Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";
import { StatusError } from "./status.ts";

export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

export type FieldSelector = readonly FieldRequirement[];

const textLengthMax = 64 * 1024;

/** `\` makes the next `,`, `=` or `\` an ordinary character. Throws a StatusError BadRequest. */
export function parseFieldSelector(text: string): FieldSelector {
  if (text.length > textLengthMax)
    throw new StatusError("BadRequest", "invalid field selector: it is too long");
  return splitUnescaped(text)
    .filter((term) => term !== "")
    .map(parseTerm);
}

function splitUnescaped(text: string): string[] {
  return text.match(/(?:\\.|[^,\\])+/gs) ?? [];
}

function parseTerm(term: string): FieldRequirement {
  const match = /^((?:\\.|[^=!\\])*)(==|!=|=)(.*)$/s.exec(term);
  const [, field = "", operator = "", value = ""] = match ?? [];
  if (match === null || field.trim() === "") {
    throw new StatusError("BadRequest", `invalid selector: '${term}'; can't understand '${term}'`);
  }
  return { field: field.trim(), equal: operator !== "!=", value: unescape(value) };
}

function unescape(value: string): string {
  if (/(?:^|[^\\])(?:\\\\)*=/.test(value)) {
    throw new StatusError("BadRequest", `invalid field selector: unescaped '=' in value '${value}'`);
  }
  return value.replaceAll(/\\(.)/gs, "$1");
}

/** A test of objects; throws a StatusError BadRequest when the kind cannot be selected by a field. */
export function fieldMatcher(kind: Kind, selector: FieldSelector): (object: KubeObject) => boolean {
  const tests = selector.map(({ field, equal, value }) => {
    const read = readerOf(kind, field);
    return (object: KubeObject): boolean => (read(object) === value) === equal;
  });
  return (object) => tests.every((test) => test(object));
}

function readerOf(kind: Kind, field: string): (object: KubeObject) => string {
  if (field === "metadata.name") return ({ metadata }) => metadata.name ?? "";
  if (field === "metadata.namespace" && kind.namespaced) return ({ metadata }) => metadata.namespace ?? "";
  const read = Object.hasOwn(kind.selectableFields, field) ? kind.selectableFields[field] : undefined;
  if (read !== undefined) return read;
  const allowed = [
    "metadata.name",
    ...(kind.namespaced ? ["metadata.namespace"] : []),
    ...Object.keys(kind.selectableFields),
  ];
  throw new StatusError(
    "BadRequest",
    `field label not supported: ${field} (supported: ${allowed.join(", ")})`,
  );
}
