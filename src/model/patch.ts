/** JSON merge patch (RFC 7386) and JSON patch (RFC 6902). Both leave what they are given as it is. */

import { getOwn, isJsonEqual, isJsonObject, setOwn, type JsonObject } from "./json.ts";
import type { JsonValue } from "./schema.ts";
import { StatusError } from "./status.ts";

/** As in Kubernetes. */
export const jsonPatchOperationsMax = 10_000;

/** The target with the patch laid over it: null removes, objects are merged, all else replaces. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: JsonObject = isJsonObject(target) ? Object.fromEntries(Object.entries(target)) : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[key];
    else setOwn(result, key, applyMergePatch(getOwn(result, key), value));
  }
  return result;
}

export interface JsonPatchStep {
  readonly op: string;
  readonly path: string;
  readonly from?: string | undefined;
  readonly value?: JsonValue | undefined;
}

/** Applies all operations or throws a StatusError Invalid that names the first that cannot be. */
export function applyJsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) {
    throw new StatusError("BadRequest", "a JSON patch must be an array of operations");
  }
  if (operations.length > jsonPatchOperationsMax) {
    const detail = `The allowed maximum operations in a JSON patch is ${jsonPatchOperationsMax}, got ${operations.length}`;
    throw new StatusError("RequestEntityTooLarge", detail);
  }
  let document: unknown = structuredClone(target);
  for (const [index, operation] of operations.entries()) {
    try {
      document = applyStep(document, stepFrom(operation));
    } catch (thrown) {
      if (!(thrown instanceof PatchProblem)) throw thrown;
      const { op = "?", path = "?" } = isJsonObject(operation) ? operation : {};
      const message = `cannot apply operation ${index} of the JSON patch (${String(op)} ${String(path)}): ${thrown.message}`;
      throw new StatusError("Invalid", message, undefined, { cause: thrown });
    }
  }
  return document;
}

class PatchProblem extends Error {}

function stepFrom(given: unknown): JsonPatchStep {
  if (!isJsonObject(given)) throw new PatchProblem("an operation must be an object");
  const { op, path, from } = given;
  if (typeof op !== "string" || typeof path !== "string")
    throw new PatchProblem("op and path must be strings");
  const needsFrom = op === "move" || op === "copy";
  if (needsFrom && typeof from !== "string") throw new PatchProblem(`${op} needs from`);
  const needsValue = op === "add" || op === "replace" || op === "test";
  if (needsValue && !Object.hasOwn(given, "value")) throw new PatchProblem(`${op} needs a value`);
  return given as unknown as JsonPatchStep;
}

function applyStep(document: unknown, { op, path, from = "", value }: JsonPatchStep): unknown {
  const at = pointerParts(path);
  switch (op) {
    case "add":
      return addAt(document, at, structuredClone(value));
    case "remove":
      return removeAt(document, at);
    case "replace":
      readAt(document, at);
      return at.length === 0
        ? structuredClone(value)
        : addAt(removeAt(document, at), at, structuredClone(value));
    case "move": {
      if (path.startsWith(`${from}/`)) throw new PatchProblem("from may not be a part of path");
      const moved = readAt(document, pointerParts(from));
      return addAt(removeAt(document, pointerParts(from)), at, moved);
    }
    case "copy":
      return addAt(document, at, structuredClone(readAt(document, pointerParts(from))));
    case "test":
      if (!isJsonEqual(readAt(document, at), value)) throw new PatchProblem("the value there is another one");
      return document;
    default:
      throw new PatchProblem("op must be add, remove, replace, move, copy or test");
  }
}

function pointerParts(pointer: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw new PatchProblem(`the path ${pointer} must start with /`);
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function indexIn(list: readonly unknown[], part: string, end: number): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(part)) throw new PatchProblem(`"${part}" is no index of an array`);
  const index = Number(part);
  if (index > end) throw new PatchProblem(`the array has only ${list.length} elements`);
  return index;
}

function readAt(document: unknown, parts: readonly string[]): unknown {
  let value = document;
  for (const part of parts) {
    if (Array.isArray(value)) {
      value = value[indexIn(value, part, value.length - 1)];
    } else if (isJsonObject(value) && Object.hasOwn(value, part)) {
      value = value[part];
    } else {
      throw new PatchProblem(`there is nothing at "${part}"`);
    }
  }
  return value;
}

function addAt(document: unknown, parts: readonly string[], value: unknown): unknown {
  const last = parts.at(-1);
  if (last === undefined) return value;
  const parent = readAt(document, parts.slice(0, -1));
  if (Array.isArray(parent)) {
    parent.splice(last === "-" ? parent.length : indexIn(parent, last, parent.length), 0, value);
  } else if (isJsonObject(parent)) {
    setOwn(parent, last, value);
  } else {
    throw new PatchProblem("its parent is neither an object nor an array");
  }
  return document;
}

function removeAt(document: unknown, parts: readonly string[]): unknown {
  readAt(document, parts);
  const last = parts.at(-1);
  if (last === undefined) return null;
  const parent = readAt(document, parts.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as JsonObject)[last];
  return document;
}
