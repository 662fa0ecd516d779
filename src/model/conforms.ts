/**
 * Whether a value is all right by its schema, without saying what is not: one function for each node of the schema,
 * made when it is first needed. True means that the walks of validate.ts and unknown-fields.ts find nothing, so that
 * they, which name paths, need to look at wrong objects only.
 */

import { hasType, valueErrors } from "./check-value.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import { objectMeta } from "./meta.ts";
import { factsOf } from "./node-facts.ts";
import { rootSchema } from "./root-schema.ts";
import type { SchemaNode } from "./schema.ts";

type Test = (value: unknown) => boolean;
type Maker = (node: SchemaNode) => Test;

/** Types, as `checkTypes`. */
export function hasTypes(kind: Kind, object: object): boolean {
  return typesOf(rootSchema(kind))(object);
}

/** Types, values and required fields, as the schema's part of `validateObject`. */
export function conforms(kind: Kind, object: object): boolean {
  return wholeOf(rootSchema(kind))(object);
}

/** The same of metadata alone, which all kinds have alike. */
export function metadataConforms(metadata: unknown): boolean {
  return wholeOf(objectMeta)(metadata);
}

/** No unknown fields and no nulls, which `dropUnknownFields` would take out. */
export function isKnown(kind: Kind, object: object): boolean {
  return knownOf(rootSchema(kind))(object);
}

const typesOf = kept((node) => withParts(node, typesOf, typeTest(node)));
const wholeOf = kept((node) => withParts(node, wholeOf, wholeTest(node)));
const knownOf = kept((node) => {
  if (node.type === "object") return knownFields(node);
  const isMapOfTexts = node.type === "map" && node.items?.type === "string";
  return withParts(node, knownOf, isMapOfTexts ? hasNoNull : () => true);
});

function kept(make: Maker): Maker {
  const known = new WeakMap<SchemaNode, Test>();
  return (node) => {
    let test = known.get(node);
    if (test === undefined) known.set(node, (test = make(node)));
    return test;
  };
}

function typeTest({ type }: SchemaNode): Test {
  switch (type) {
    case "string":
      return (value) => typeof value === "string";
    case "boolean":
      return (value) => typeof value === "boolean";
    case "integer":
      return (value) => Number.isSafeInteger(value);
    case "object":
    case "map":
      return isJsonObject;
    case "array":
      return (value) => Array.isArray(value);
    default:
      return (value) => hasType(type, value);
  }
}

/** The value itself, without what is in it. */
function wholeTest(node: SchemaNode): Test {
  const isType = typeTest(node);
  const { min, max, minLength, maxLength, check } = node;
  const isLimited = [node.enum, min, max, minLength, maxLength, check].some((limit) => limit !== undefined);
  const isRight: Test =
    isLimited || node.type === "quantity"
      ? (value) => isType(value) && valueErrors(node, value, "").length === 0
      : isType;
  const { required } = factsOf(node);
  if (node.type !== "object" || required.length === 0) return isRight;
  return (value) =>
    isRight(value) && required.every(([key, field]) => isThere(field, ownOf(value as JsonObject, key)));
}

function isThere(field: SchemaNode, value: unknown): boolean {
  return value !== undefined && (value !== "" || field.enum !== undefined);
}

function ownOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The test of a value and of what is in it. */
function withParts(node: SchemaNode, maker: Maker, own: Test): Test {
  const { type, items } = node;
  if (type === "object") return withFields(node, maker, own);
  if (items === undefined) return own;
  // Made when there is an item: most of a large schema is never used.
  if (type === "array") {
    return (value) => {
      if (!own(value)) return false;
      if (!Array.isArray(value) || value.length === 0) return true;
      const test = maker(items);
      return value.every((item: unknown) => test(item ?? null));
    };
  }
  if (type !== "map") return own;
  return (value) => {
    if (!own(value)) return false;
    if (!isJsonObject(value)) return true;
    const test = maker(items);
    for (const key of Object.keys(value)) {
      if (value[key] !== undefined && !test(value[key])) return false;
    }
    return true;
  };
}

function withFields(node: SchemaNode, maker: Maker, own: Test): Test {
  const { fields } = factsOf(node);
  const tests = new Map<string, Test>();
  return (value) => {
    if (!own(value)) return false;
    const object = value as JsonObject;
    for (const key of Object.keys(object)) {
      const item = object[key];
      if (item === undefined) continue;
      const test = tests.get(key) ?? testOf(key);
      if (test !== undefined && !test(item)) return false;
    }
    return true;
  };

  function testOf(key: string): Test | undefined {
    const field = fields.get(key);
    if (field === undefined) return undefined;
    const test = maker(field);
    tests.set(key, test);
    return test;
  }
}

function hasNoNull(map: unknown): boolean {
  return !isJsonObject(map) || !Object.values(map).includes(null);
}

function knownFields(node: SchemaNode): Test {
  const { fields } = factsOf(node);
  return (value) => {
    if (!isJsonObject(value)) return true;
    for (const key of Object.keys(value)) {
      const field = fields.get(key);
      const item = value[key];
      if (field === undefined) {
        if (node.preserveUnknown !== true) return false;
      } else if (item === null || item === undefined || !knownOf(field)(item)) {
        return false;
      }
    }
    return true;
  };
}
