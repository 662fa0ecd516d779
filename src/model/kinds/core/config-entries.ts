/** Rules that ConfigMaps and Secrets share: keys, size, immutability. */

import { duplicate, forbidden, invalidIf, type FieldError } from "../../field-error.ts";
import { isJsonEqual } from "../../json.ts";

/** Of all entries of one object. */
export const entriesBytesMax = 1024 * 1024;

export function checkConfigKey(key: string): string | undefined {
  if (key.length > 253) return "must be no more than 253 characters";
  if (key === ".") return "must not be '.'";
  if (key === ".." || key.startsWith("..")) return "must not start with '..'";
  if (/^[-._a-zA-Z0-9]+$/.test(key)) return undefined;
  return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
}

export interface Entries {
  readonly data?: Record<string, string> | undefined;
  readonly binaryData?: Record<string, string> | undefined;
  readonly immutable?: boolean | undefined;
}

/** `isBase64`: whether `data` holds base64, of which four characters stand for three bytes. */
export function entriesErrors({ data = {}, binaryData = {} }: Entries, isBase64: boolean): FieldError[] {
  const errors = Object.entries({ data, binaryData }).flatMap(([field, entries]) =>
    Object.keys(entries).flatMap((key) => invalidIf(checkConfigKey(key), `${field}[${key}]`, key)),
  );
  for (const key of Object.keys(binaryData)) {
    if (Object.hasOwn(data, key)) errors.push(duplicate(`binaryData[${key}]`, key));
  }
  const encoder = new TextEncoder();
  const bytesOf = (text: string, encoded: boolean): number =>
    encoded ? Math.floor((text.length * 3) / 4) : encoder.encode(text).length;
  const bytes =
    Object.values(data).reduce((sum, text) => sum + bytesOf(text, isBase64), 0) +
    Object.values(binaryData).reduce((sum, text) => sum + bytesOf(text, true), 0);
  if (bytes > entriesBytesMax) {
    errors.push({ type: "TooLong", path: "data", detail: `may not be more than ${entriesBytesMax} bytes` });
  }
  return errors;
}

export function immutableErrors(next: Entries, previous: Entries): FieldError[] {
  if (previous.immutable !== true) return [];
  const detail = "field is immutable when `immutable` is set";
  const errors = next.immutable === true ? [] : [forbidden("immutable", detail)];
  for (const field of ["data", "binaryData"] as const) {
    if (!isJsonEqual(next[field] ?? {}, previous[field] ?? {})) errors.push(forbidden(field, detail));
  }
  return errors;
}
