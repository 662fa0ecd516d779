/** A part of a configuration file held against its schema: types, unknown fields, ranges, defaults. */

import { typeError, valueErrors } from "../../model/check-value.ts";
import { applySchemaDefaults } from "../../model/defaults.ts";
import { forbidden, required, type FieldError } from "../../model/field-error.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { Schema, SchemaNode } from "../../model/schema.ts";

/** The value with its defaults, which is what its type says when `problems` stayed as they were. */
export function checkDocument<T>(schema: Schema<T>, given: unknown, path: string, problems: FieldError[]): T {
  const value = structuredClone(given);
  const before = problems.length;
  walk(schema, value, path, problems);
  if (problems.length === before) applySchemaDefaults(schema, value);
  return value as T;
}

export function childPath(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function walk(node: SchemaNode, value: unknown, path: string, problems: FieldError[]): void {
  const wrong = typeError(node, value, path);
  if (wrong !== undefined) {
    problems.push(wrong);
    return;
  }
  problems.push(...valueErrors(node, value, path));
  if (node.type === "object" && isJsonObject(value)) walkFields(node, value, path, problems);
  const { items } = node;
  if (items === undefined) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(items, item, `${path}[${index}]`, problems);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) walk(items, item, `${path}[${key}]`, problems);
  }
}

/** Nulls mean "not given". */
function walkFields(node: SchemaNode, value: JsonObject, path: string, problems: FieldError[]): void {
  const fields = node.fields ?? {};
  for (const [key, item] of Object.entries(value)) {
    if (item === null || item === undefined) {
      delete value[key];
      continue;
    }
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field !== undefined) walk(field, item, childPath(path, key), problems);
    else if (node.preserveUnknown !== true) problems.push(unknownField(fields, childPath(path, key)));
  }
  for (const [key, field] of Object.entries(fields)) {
    if (field.required === true && (value[key] === undefined || value[key] === "")) {
      problems.push(required(childPath(path, key), field.description));
    }
  }
}

function unknownField(fields: Readonly<Record<string, SchemaNode>>, path: string): FieldError {
  return forbidden(path, `unknown field, known here: ${Object.keys(fields).join(", ")}`);
}
