import * as fc from "fast-check";
import { expect, test } from "vitest";
import { applySchemaDefaults } from "./defaults.ts";
import { conforms, hasTypes, isKnown } from "./conforms.ts";
import type { Kind } from "./kind.ts";
import { allKinds } from "./registry.ts";
import { rootSchema } from "./root-schema.ts";
import type { SchemaNode } from "./schema.ts";
import { dropUnknownFields } from "./unknown-fields.ts";
import { checkTypes, schemaErrors } from "./validate.ts";

const odd = fc.constantFrom<unknown>(null, "", "x", -1, 7, 1.5, true, "500m", "7Mi", [], {}, [null], {
  a: null,
});
const texts = fc.constantFrom(
  "",
  "a",
  "web",
  "Always",
  "TCP",
  "2006-01-02T15:04:05Z",
  "YQ==",
  "100m",
  "-1Gi",
  "https://example.com",
  "http://127.0.0.1:9000",
);

/** Values that are mostly what the schema says, so that the odd ones are met deep inside too. */
function valueOf(node: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: rightValue(node, depth) }, { weight: 1, arbitrary: odd });
}

function rightValue(node: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  const { type, items } = node;
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  if (type === "object") return objectOf(node, depth);
  if (type === "array") return items === undefined || depth === 0 ? fc.constant([]) : listOf(items, depth);
  if (type === "map") {
    if (items === undefined || depth === 0) return fc.constant({});
    return fc.dictionary(fc.constantFrom("a", "cpu", "nagi.dev/app"), valueOf(items, depth - 1), {
      maxKeys: 2,
    });
  }
  if (type === "boolean") return fc.boolean();
  if (type === "integer" || type === "number") return fc.constantFrom(0, 1, 80, 70_000);
  if (type === "any") return odd;
  return texts;
}

function listOf(items: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  return fc.array(valueOf(items, depth - 1), { maxLength: 2 });
}

function objectOf(node: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  const fields = Object.entries(node.fields ?? {});
  if (depth === 0 || fields.length === 0) return fc.constant({});
  const others = fields.filter(([, field]) => field.required !== true);
  const optional = fc.subarray(others, { maxLength: Math.min(4, others.length) });
  const demanded = fields.filter(([, field]) => field.required === true);
  return fc.tuple(optional, fc.integer({ min: 0, max: 25 })).chain(([some, fault]) => {
    const chosen = fault === 0 ? some : [...demanded, ...some];
    const parts = Object.fromEntries(chosen.map(([key, field]) => [key, valueOf(field, depth - 1)]));
    return fault === 1 ? fc.record({ ...parts, unknown: fc.constant("field") }) : fc.record(parts);
  });
}

function hasNull(before: object, after: object): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

test.each(allKinds.map((kind) => [kind.kind, kind] as const))(
  "the quick answer for %s is that of the walks which name paths",
  (_name, kind: Kind) => {
    let right = 0;
    fc.assert(
      fc.property(objectOf(rootSchema(kind), 7), (made) => {
        const object = structuredClone(made) as object;
        const quick = isKnown(kind, object);
        const dropped = dropUnknownSlowly(kind, object);
        expect(quick).toBe(!dropped);
        const typesAreRight = checkTypes(kind, object).length === 0;
        expect(hasTypes(kind, object)).toBe(typesAreRight);
        if (!typesAreRight) return;
        applySchemaDefaults(rootSchema(kind), object);
        const isRight = schemaErrors(kind, object).length === 0;
        expect(conforms(kind, object)).toBe(isRight);
        if (isRight) right++;
      }),
      { numRuns: 200 },
    );
    expect(right).toBeGreaterThan(0);
  },
);

/** An unknown field beside makes the walk look at everything. */
function dropUnknownSlowly(kind: Kind, object: object): boolean {
  const before = structuredClone(object);
  const given = Object.assign(object, { notOfAnyKind: 1 });
  const found = dropUnknownFields(kind, given);
  return found.length > 1 || hasNull(before, object);
}
