/**
 * Validation of objects against their kind. The order with an object from outside is: `dropUnknownFields`,
 * `checkTypes`, `applyDefaults`, `validateObject`, and for a change also `validateChange`. `admitObject` does it.
 */

import { typeError, valueErrors } from "./check-value.ts";
import { conforms, hasTypes, metadataConforms } from "./conforms.ts";
import { applyDefaults } from "./defaults.ts";
import type { FieldError } from "./field-error.ts";
import { fieldErrorCause, fieldErrorText } from "./field-error.ts";
import { getOwn, isJsonEqual, isJsonObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";
import { factsOf } from "./node-facts.ts";
import { metadataErrors } from "./validate-metadata.ts";
import { rootSchema } from "./root-schema.ts";
import type { SchemaNode } from "./schema.ts";
import { StatusError } from "./status.ts";

/** More are not reported: the first ones are what a person can use. */
const errorsMax = 100;

/** Whether all values have the types of the schema, so that code which relies on the types may read them. */
export function checkTypes(kind: Kind, object: object): FieldError[] {
  const errors: FieldError[] = [];
  walk(rootSchema(kind), object, "", (node, value, path) => {
    const error = typeError(node, value, path);
    if (error !== undefined) add(errors, error);
    return error === undefined;
  });
  return errors;
}

/** All that is wrong with a defaulted object. */
export function validateObject<T extends KubeObject>(kind: Kind<T>, object: T): FieldError[] {
  const isRight = conforms(kind, object);
  const typeErrors = isRight ? [] : checkTypes(kind, object);
  if (typeErrors.length > 0) return typeErrors;
  const errors = metadataErrors(kind, object.metadata);
  if (!isRight) add(errors, ...schemaErrors(kind, object));
  // The kind's own checks read fields that the schema demands.
  if (!errors.some(({ type }) => type === "Required")) add(errors, ...(kind.validate?.(object) ?? []));
  return errors;
}

/** What the schema alone finds wrong with an object whose types are right. */
export function schemaErrors(kind: Kind, object: object): FieldError[] {
  const errors: FieldError[] = [];
  walk(rootSchema(kind), object, "", (node, value, path) => {
    add(errors, ...valueErrors(node, value, path), ...missingFields(node, value, path));
    return true;
  });
  return errors;
}

/** What may not be changed, and the kind's own checks of a change; both objects are valid by themselves. */
export function validateChange<T extends KubeObject>(kind: Kind<T>, next: T, previous: T): FieldError[] {
  const errors: FieldError[] = [];
  checkImmutable(rootSchema(kind), [next, previous], "", errors);
  add(errors, ...(kind.validateUpdate?.(next, previous) ?? []));
  return errors;
}

/**
 * Defaults and validates a fresh object without unknown fields; with `previous`, as a change of it. Throws a
 * StatusError Invalid that names every field that is wrong.
 */
export function admitObject<T extends KubeObject>(kind: Kind<T>, object: T, previous?: T): void {
  // The kind's own defaults read what they rely on the types of; the schema's do not.
  if (kind.applyDefaults !== undefined && !hasTypes(kind, object)) {
    throw invalidError(kind, object, checkTypes(kind, object));
  }
  applyDefaults(kind, object);
  const errors = validateObject(kind, object);
  if (previous !== undefined && errors.length === 0) errors.push(...validateChange(kind, object, previous));
  if (errors.length > 0) throw invalidError(kind, object, errors);
}

/** The same of an object whose spec is known to be right and complete, of a kind whose spec stands alone. */
export function admitWithoutSpec<T extends KubeObject>(kind: Kind<T>, object: T): void {
  if (metadataConforms(object.metadata) && metadataErrors(kind, object.metadata).length === 0) return;
  admitObject(kind, object);
}

/** The error that kubectl users know: `Pod "a" is invalid: spec.containers: Required value`. */
export function invalidError(kind: Kind, object: KubeObject, errors: readonly FieldError[]): StatusError {
  const name = object.metadata?.name ?? "";
  const texts = errors.map((error) => `${error.path}: ${fieldErrorText(error)}`);
  const text = texts.length === 1 ? texts.join("") : `[${texts.join(", ")}]`;
  const shown = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  const details = { name, group: kind.group, kind: kind.kind, causes: errors.map(fieldErrorCause) };
  return new StatusError("Invalid", `${shown} ${JSON.stringify(name)} is invalid: ${text}`, details);
}

function add(errors: FieldError[], ...more: readonly FieldError[]): void {
  for (const error of more) if (errors.length < errorsMax) errors.push(error);
}

/** Visits every value that is there; goes into it only when the visitor says so. */
function walk(
  node: SchemaNode,
  value: unknown,
  path: string,
  visit: (node: SchemaNode, value: unknown, path: string) => boolean,
): void {
  if (value === undefined || !visit(node, value, path)) return;
  if (node.type === "object" && isJsonObject(value)) {
    const { fields } = factsOf(node);
    for (const key of Object.keys(value)) {
      const field = fields.get(key);
      if (field !== undefined) walk(field, value[key], path === "" ? key : `${path}.${key}`, visit);
    }
  }
  const { items } = node;
  if (items === undefined) return;
  if (node.type === "array" && Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(items, item ?? null, `${path}[${index}]`, visit);
  }
  if (node.type === "map" && isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) walk(items, item, `${path}[${key}]`, visit);
  }
}

/** As in Kubernetes, the empty text is as good as none. */
function missingFields(node: SchemaNode, value: unknown, path: string): FieldError[] {
  if (node.type !== "object" || !isJsonObject(value)) return [];
  return factsOf(node)
    .required.filter(([key, field]) => isMissing(field, getOwn(value, key)))
    .map(([key]) => ({ type: "Required", path: path === "" ? key : `${path}.${key}`, detail: "" }));
}

function isMissing(field: SchemaNode, value: unknown): boolean {
  return value === undefined || (value === "" && field.enum === undefined);
}

function checkImmutable(
  node: SchemaNode,
  [next, previous]: readonly [next: unknown, previous: unknown],
  path: string,
  errors: FieldError[],
): void {
  if (previous === undefined) return;
  if (node.immutable === true) {
    if (!isJsonEqual(next, previous)) {
      add(errors, { type: "Invalid", path, value: next ?? null, detail: "field is immutable" });
    }
    return;
  }
  if (node.type !== "object" || !isJsonObject(previous)) return;
  const given = isJsonObject(next) ? next : {};
  for (const [key, field] of Object.entries(node.fields ?? {})) {
    const at = path === "" ? key : `${path}.${key}`;
    checkImmutable(field, [getOwn(given, key), getOwn(previous, key)], at, errors);
  }
}
