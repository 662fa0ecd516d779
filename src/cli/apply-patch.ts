/** Three-way merge: what a manifest changes, what it no longer names, and what others set and keep. */

import type { JsonValue } from "../model/schema.ts";

type JsonObject = Record<string, JsonValue | undefined>;

/**
 * The merge patch (RFC 7386) that takes `present` to `wanted`: fields in `previous` that `wanted` lacks go, fields
 * that neither names stay. Undefined when nothing changes. Lists are replaced as a whole.
 */
export function threeWayMergePatch(
  previous: JsonValue,
  wanted: JsonValue,
  present: JsonValue,
): JsonValue | undefined {
  const patch: JsonObject = {};
  const [before, after, now] = [asObject(previous), asObject(wanted), asObject(present)];
  for (const key of Object.keys(before))
    if (after[key] === undefined && now[key] !== undefined) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const change = changeOf({ previous: before[key], wanted: value, present: now[key] });
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

interface Values {
  readonly previous: JsonValue | undefined;
  readonly wanted: JsonValue;
  readonly present: JsonValue | undefined;
}

function changeOf({ previous, wanted, present }: Values): JsonValue | undefined {
  if (isObject(wanted) && isObject(present))
    return threeWayMergePatch(isObject(previous) ? previous : {}, wanted, present);
  return covers(present, wanted) ? undefined : wanted;
}

/** Whether what is there already says all that is wanted; defaults that the server added do not count. */
function covers(present: JsonValue | undefined, wanted: JsonValue): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(present) &&
      present.length === wanted.length &&
      wanted.every((item: JsonValue, index) => covers(present[index] as JsonValue | undefined, item))
    );
  if (isObject(wanted))
    return (
      isObject(present) &&
      Object.entries(wanted).every(([key, value]) => value === undefined || covers(present[key], value))
    );
  return present === wanted;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asObject(value: JsonValue): JsonObject {
  return isObject(value) ? value : {};
}
