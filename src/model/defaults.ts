/**
 * Defaults, and the canonical text of quantities. Both are applied to a fresh object that nobody else has, after
 * its types were checked and before it is validated; applying them twice changes nothing.
 */

import { getOwn, isJsonObject, setOwn, type JsonObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";
import { checkQuantity, formatQuantity, parseQuantity } from "./quantity.ts";
import { factsOf } from "./node-facts.ts";
import { rootSchema } from "./root-schema.ts";
import type { JsonValue, SchemaNode } from "./schema.ts";

/** The schema's defaults, then the kind's own. */
export function applyDefaults<T extends KubeObject>(kind: Kind<T>, object: T): void {
  applySchemaDefaults(rootSchema(kind), object);
  kind.applyDefaults?.(object);
}

export function applySchemaDefaults(node: SchemaNode, value: unknown): void {
  if (!factsOf(node).needsDefaulting) return;
  if (isJsonObject(value)) {
    if (node.type === "object") applyToFields(node, value);
    if (node.type === "map") applyToItems(node, value);
  }
  if (node.type === "array" && Array.isArray(value)) applyToItems(node, value as unknown as JsonObject);
}

function applyToFields(node: SchemaNode, value: JsonObject): void {
  const { fields, defaults } = factsOf(node);
  for (const [key, preset] of defaults) {
    if (getOwn(value, key) === undefined) value[key] = copyOf(preset);
  }
  for (const key of Object.keys(value)) {
    const field = fields.get(key);
    if (field !== undefined && value[key] !== undefined) applyToOne(field, value, key);
  }
}

function applyToItems(node: SchemaNode, value: JsonObject): void {
  const { items } = node;
  if (items === undefined) return;
  for (const key of Object.keys(value)) applyToOne(items, value, key);
}

function applyToOne(node: SchemaNode, parent: JsonObject, key: string): void {
  const value = parent[key];
  if (node.type === "quantity") {
    const canonical = canonicalQuantity(value);
    if (canonical !== value) setOwn(parent, key, canonical);
  } else {
    applySchemaDefaults(node, value);
  }
}

/** Text that is no quantity stays, for validation to report. */
function canonicalQuantity(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") return value;
  return checkQuantity(value) === undefined ? formatQuantity(parseQuantity(value)) : value;
}

function copyOf(value: JsonValue): JsonValue {
  return typeof value === "object" ? structuredClone(value) : value;
}
