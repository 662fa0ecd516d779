/** Whether one value is what its schema says: type, range, length, allowed values. The walk is in validate.ts. */

import type { FieldError } from "./field-error.ts";
import { isJsonObject } from "./json.ts";
import { checkQuantity } from "./quantity.ts";
import type { SchemaNode, SchemaType } from "./schema.ts";

const typeWords: Readonly<Record<SchemaType, string>> = {
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "a boolean",
  object: "an object",
  array: "an array",
  map: "an object",
  quantity: "a quantity: a string such as 500m or 1Gi, or a number",
  intOrString: "an integer or a string",
  time: "a time in RFC 3339, such as 2006-01-02T15:04:05Z",
  bytes: "a string in base64",
  any: "anything",
};

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** By searching rather than matching, as a match of megabytes exhausts the stack of regular expressions. */
function isBase64(text: string): boolean {
  const plain = text.replaceAll(/[\r\n]/g, "");
  const end = plain.search(/[^A-Za-z0-9+/]/);
  const padding = end < 0 ? "" : plain.slice(end, end + 3);
  const whole = end < 0 || end + padding.length === plain.length;
  return whole && plain.length % 4 === 0 && (padding === "" || padding === "=" || padding === "==");
}

export function hasType(type: SchemaType, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    case "object":
    case "map":
      return isJsonObject(value);
    case "array":
      return Array.isArray(value);
    case "quantity":
      return typeof value === "string" || Number.isFinite(value);
    case "intOrString":
      return typeof value === "string" || Number.isSafeInteger(value);
    case "time":
      return typeof value === "string" && rfc3339.test(value) && !Number.isNaN(Date.parse(value));
    case "bytes":
      return typeof value === "string" && isBase64(value);
    case "any":
      return true;
  }
}

/** Only the type of this value, not of what is in it. */
export function typeError(node: SchemaNode, value: unknown, path: string): FieldError | undefined {
  if (hasType(node.type, value)) return undefined;
  const detail = `must be ${typeWords[node.type]}`;
  // What should be base64 may be a secret, so it is not repeated.
  return node.type === "bytes"
    ? { type: "TypeInvalid", path, detail }
    : { type: "TypeInvalid", path, value, detail };
}

/** What is wrong with a value whose type is right. */
export function valueErrors(node: SchemaNode, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (detail: string | undefined): void => {
    if (detail !== undefined) errors.push({ type: "Invalid", path, value, detail });
  };
  if (node.enum !== undefined && !node.enum.includes(value as string)) {
    const supported = node.enum.toSorted().map((allowed) => JSON.stringify(allowed));
    errors.push({ type: "NotSupported", path, value, detail: `supported values: ${supported.join(", ")}` });
  }
  if (typeof value === "number") invalid(rangeProblem(node, value));
  if (node.type === "quantity") invalid(checkQuantity(value as string | number));
  errors.push(...lengthErrors(node, value, path));
  invalid(node.check?.(value as never));
  return errors;
}

function rangeProblem({ min, max }: SchemaNode, value: number): string | undefined {
  const low = min !== undefined && value < min;
  const high = max !== undefined && value > max;
  if (!low && !high) return undefined;
  if (min !== undefined && max !== undefined) return `must be between ${min} and ${max}, inclusive`;
  return low ? `must be greater than or equal to ${min}` : `must be less than or equal to ${max}`;
}

function lengthErrors({ minLength, maxLength }: SchemaNode, value: unknown, path: string): FieldError[] {
  if (typeof value === "string") {
    if (maxLength === undefined || value.length <= maxLength) return [];
    return [{ type: "TooLong", path, detail: `may not be more than ${maxLength} bytes` }];
  }
  const count = Array.isArray(value)
    ? value.length
    : isJsonObject(value)
      ? Object.keys(value).length
      : undefined;
  if (count === undefined) return [];
  if (minLength !== undefined && count < minLength) return [{ type: "Required", path, detail: "" }];
  if (maxLength === undefined || count <= maxLength) return [];
  return [{ type: "TooMany", path, value: count, detail: `must have at most ${maxLength} items` }];
}
