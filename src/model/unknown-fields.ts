/** What an object says that its kind does not know, and nulls, which mean "not given". */

import { isKnown } from "./conforms.ts";
import { getOwn, isJsonObject, setOwn, type JsonObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";
import { rootSchema } from "./root-schema.ts";
import type { SchemaNode } from "./schema.ts";

/** More are not listed: a wrong document may have very many. */
const reportedMax = 50;

/** Paths of fields that the kind does not know, for instance `spec.containers[0].imagee`. */
export function unknownFields(kind: Kind, object: object): string[] {
  const found: string[] = [];
  walk(rootSchema(kind), object, "", { found, drop: false });
  return found;
}

/**
 * Takes unknown fields and nulls out of the fresh object that it is given, and returns the paths of the unknown
 * ones. The first step with any object from outside.
 */
export function dropUnknownFields(kind: Kind, object: KubeObject | JsonObject): string[] {
  const found: string[] = [];
  if (isKnown(kind, object)) return found;
  walk(rootSchema(kind), object, "", { found, drop: true });
  return found;
}

interface Walk {
  readonly found: string[];
  readonly drop: boolean;
}

function walk(node: SchemaNode, value: unknown, path: string, state: Walk): void {
  if (node.type === "object" && isJsonObject(value)) walkFields(node, value, path, state);
  const { items } = node;
  if (items === undefined) return;
  if (node.type === "array" && Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(items, item, `${path}[${index}]`, state);
  }
  if (node.type === "map" && isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      // Kubernetes reads null in a map of texts as the empty text.
      if (state.drop && item === null && items.type === "string") setOwn(value, key, "");
      else walk(items, item, `${path}.${key}`, state);
    }
  }
}

function walkFields(node: SchemaNode, value: JsonObject, path: string, state: Walk): void {
  for (const [key, item] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const field = getOwn(node.fields ?? {}, key) as SchemaNode | undefined;
    if (field !== undefined && item !== null && item !== undefined) {
      walk(field, item, at, state);
    } else if (field === undefined && node.preserveUnknown === true) {
      continue;
    } else {
      if (field === undefined && state.found.length < reportedMax) state.found.push(at);
      if (state.drop) delete value[key];
    }
  }
}
