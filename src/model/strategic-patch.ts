/**
 * Strategic merge patch, as `kubectl apply`, `edit` and `patch` send it: lists whose schema has a merge key are
 * merged by it, and directives say what merging cannot. What is given stays as it is.
 *
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */

import { getOwn, isJsonEqual, isJsonObject, setOwn, type JsonObject } from "./json.ts";
import type { SchemaNode } from "./schema.ts";
import { StatusError } from "./status.ts";

const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";
const unknownNode: SchemaNode = { type: "any", description: "" };

/** `node` is the schema of the target, see `rootSchema`. Throws a StatusError BadRequest for a wrong directive. */
export function applyStrategicPatch(node: SchemaNode, target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) throw bad("must be an object");
  return mergeObjects(node, isJsonObject(target) ? target : {}, patch) ?? {};
}

/** Undefined: the object is to go. */
function mergeObjects(node: SchemaNode, target: JsonObject, patch: JsonObject): JsonObject | undefined {
  const { $patch: directive, $retainKeys: retained } = patch;
  if (directive === "delete") return undefined;
  if (directive === "replace") return withoutDirectives(patch);
  if (directive !== undefined && directive !== "merge")
    throw bad(`unrecognized type of $patch: ${JSON.stringify(directive)}`);
  const result: JsonObject = Object.fromEntries(
    Object.entries(target).filter(
      ([key]) => retained === undefined || listOf(retained, "$retainKeys").includes(key),
    ),
  );
  for (const [key, value] of Object.entries(patch)) {
    if (!isDirective(key)) mergeField(fieldOf(node, key), result, key, value);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletePrefix))
      deleteScalars(result, key.slice(deletePrefix.length), listOf(value, key));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const field = key.slice(orderPrefix.length);
    const before = getOwn(target, field);
    orderField(fieldOf(node, field), result, { field, order: listOf(value, key), before });
  }
  return result;
}

function isDirective(key: string): boolean {
  return (
    key === "$patch" || key === "$retainKeys" || key.startsWith(orderPrefix) || key.startsWith(deletePrefix)
  );
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(patch).filter(([key, value]) => !isDirective(key) && value !== null),
  );
}

function fieldOf(node: SchemaNode, key: string): SchemaNode {
  if (node.type === "map") return node.items ?? unknownNode;
  return (getOwn(node.fields ?? {}, key) as SchemaNode | undefined) ?? unknownNode;
}

function mergeField(node: SchemaNode, result: JsonObject, key: string, value: unknown): void {
  const present = getOwn(result, key);
  if (value === null || value === undefined) {
    delete result[key];
  } else if (isJsonObject(value)) {
    const merged = mergeObjects(node, isJsonObject(present) ? present : {}, value);
    if (merged === undefined) delete result[key];
    else setOwn(result, key, merged);
  } else if (Array.isArray(value)) {
    setOwn(result, key, mergeLists(node, Array.isArray(present) ? present : [], value));
  } else {
    setOwn(result, key, value);
  }
}

function mergeLists(node: SchemaNode, target: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const { mergeKey } = node;
  if (mergeKey === undefined) return patch.filter((item) => !isReplaceMarker(item));
  if (mergeKey === "") return [...target, ...patch.filter((item) => !target.includes(item))];
  const wanted = patch.filter((item) => !isReplaceMarker(item));
  // A list-level replace: an element that is nothing but the directive.
  const result = wanted.length < patch.length ? [] : [...target];
  for (const item of wanted) mergeElement(node, mergeKey, result, item);
  return result;
}

function isReplaceMarker(item: unknown): boolean {
  return isJsonObject(item) && item["$patch"] === "replace" && Object.keys(item).length === 1;
}

function mergeElement(node: SchemaNode, mergeKey: string, result: unknown[], item: unknown): void {
  if (!isJsonObject(item)) throw bad(`elements of a list that is merged by ${mergeKey} must be objects`);
  const key = getOwn(item, mergeKey);
  if (key === undefined)
    throw bad(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  const index = result.findIndex((other) => isJsonObject(other) && isJsonEqual(getOwn(other, mergeKey), key));
  const present = result[index];
  const merged = mergeObjects(node.items ?? unknownNode, isJsonObject(present) ? present : {}, item);
  if (merged === undefined) {
    if (index >= 0) result.splice(index, 1);
  } else if (index >= 0) {
    result[index] = merged;
  } else {
    result.push(merged);
  }
}

function deleteScalars(result: JsonObject, field: string, values: readonly unknown[]): void {
  const present = getOwn(result, field);
  if (Array.isArray(present))
    setOwn(
      result,
      field,
      present.filter((item) => !values.includes(item)),
    );
}

interface Ordering {
  readonly field: string;
  readonly order: readonly unknown[];
  /** The list before the patch. */
  readonly before: unknown;
}

/** Puts the elements that the patch names into its order; the others keep their place among those before them. */
function orderField(node: SchemaNode, result: JsonObject, { field, order, before }: Ordering): void {
  const present = getOwn(result, field);
  const { mergeKey } = node;
  if (!Array.isArray(present) || mergeKey === undefined) return;
  const keyOf = (item: unknown): unknown =>
    mergeKey !== "" && isJsonObject(item) ? getOwn(item, mergeKey) : item;
  const positionIn = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((other) => isJsonEqual(keyOf(other), keyOf(item)));
  const old = Array.isArray(before) ? before : [];
  const named = present.filter((item) => positionIn(order, item) >= 0);
  named.sort((a, b) => positionIn(order, a) - positionIn(order, b));
  const others = present.filter((item) => positionIn(order, item) < 0);
  setOwn(
    result,
    field,
    interleave(named, others, (other, item) => {
      const position = positionIn(old, item);
      return position >= 0 && positionIn(old, other) < position;
    }),
  );
}

/** Merges two lists that keep their own order; one of `others` goes before an item when `isBefore` says so. */
function interleave(
  items: readonly unknown[],
  others: readonly unknown[],
  isBefore: (other: unknown, item: unknown) => boolean,
): unknown[] {
  const result: unknown[] = [];
  let next = 0;
  for (const item of items) {
    while (next < others.length && isBefore(others[next], item)) result.push(others[next++]);
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

function listOf(value: unknown, directive: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(`${directive} must be a list`);
  return value;
}

function bad(problem: string): StatusError {
  return new StatusError("BadRequest", `invalid strategic merge patch: ${problem}`);
}
