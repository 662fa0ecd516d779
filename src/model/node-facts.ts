/** What the walks over a schema ask of every object again and again, found out once for each node. */

import type { JsonValue, SchemaNode } from "./schema.ts";

export interface NodeFacts {
  readonly fields: ReadonlyMap<string, SchemaNode>;
  /** Fields that must be given. */
  readonly required: readonly (readonly [key: string, field: SchemaNode])[];
  readonly defaults: readonly (readonly [key: string, value: JsonValue])[];
  /** Whether anything in it has a default or is a quantity. */
  readonly needsDefaulting: boolean;
}

const known = new WeakMap<SchemaNode, NodeFacts>();

export function factsOf(node: SchemaNode): NodeFacts {
  const present = known.get(node);
  if (present !== undefined) return present;
  const entries = Object.entries(node.fields ?? {});
  const facts: NodeFacts = {
    fields: new Map(entries),
    required: entries.filter(([, field]) => field.required === true && field.readOnly !== true),
    defaults: entries.flatMap(([key, field]) =>
      field.default === undefined ? [] : [[key, field.default] as const],
    ),
    needsDefaulting:
      node.type === "quantity" ||
      entries.some(([, field]) => field.default !== undefined || factsOf(field).needsDefaulting) ||
      (node.items !== undefined && factsOf(node.items).needsDefaulting),
  };
  known.set(node, facts);
  return facts;
}
