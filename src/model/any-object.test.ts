/** Objects made at random from the schemas of all kinds: whatever comes, the model answers and never stumbles. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiVersionOf, type Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";
import { deployment } from "./kinds/apps/deployment/deployment.ts";
import { node } from "./kinds/core/node/node.ts";
import { pod } from "./kinds/core/pod/pod.ts";
import { service } from "./kinds/core/service/service.ts";
import { applyMergePatch } from "./patch.ts";
import { allKinds } from "./registry.ts";
import { rootSchema } from "./root-schema.ts";
import type { SchemaNode } from "./schema.ts";
import { StatusError } from "./status.ts";
import { applyStrategicPatch } from "./strategic-patch.ts";
import { tableRow } from "./table.ts";
import { aDeployment, aNode, aPod, aService } from "./testing/builders.ts";
import { dropUnknownFields, unknownFields } from "./unknown-fields.ts";
import { admitObject, checkTypes } from "./validate.ts";

/** Mostly what is allowed, so that many objects get through, and now and then what is not. */
function mostly<T>(good: readonly T[], bad: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );
}

const texts = mostly(["a", "b", "web"], ["", "A b", "10.0.0.1", "25%", "metadata.name", "a".repeat(300)]);
const depthMax = 7;

/** Values of the right type; with a name of few, so that lists have equal and different elements. */
function valueOf(node: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  switch (node.type) {
    case "string":
      return node.enum === undefined ? texts : mostly(node.enum, ["other"]);
    case "integer":
      return mostly([1, 80], [-1, 0, 70_000]);
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "boolean":
      return fc.boolean();
    case "quantity":
      return mostly<string | number>(["1", "500m", "1Gi", 2], ["-1", "x", 0.5]);
    case "intOrString":
      return mostly<string | number>([80, "http"], [0, "25%", ""]);
    case "time":
      return fc.constantFrom("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456+01:00");
    case "bytes":
      return fc.constantFrom("", "YQ==");
    case "any":
      return fc.jsonValue({ maxDepth: 1 });
    case "array":
      return fc.array(itemOf(node, depth), { maxLength: 2 });
    case "map":
      return fc.dictionary(texts, itemOf(node, depth), { maxKeys: 2 });
    case "object":
      return objectOf(node, depth);
  }
}

function itemOf({ items }: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  return items === undefined || depth >= depthMax ? fc.constant({}) : valueOf(items, depth + 1);
}

const seldom = 0.12;

function objectOf(node: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  const entries = Object.entries(node.fields ?? {});
  const present = entries.map(([key, field]) => {
    const value = depth >= depthMax ? fc.constant(undefined) : valueOf(field, depth + 1);
    // Required fields are mostly there, so that what needs them is reached.
    const weight = field.required === true ? 0.99 : depth <= 1 ? 0.5 : seldom;
    return fc
      .tuple(fc.integer({ min: 0, max: 99 }), value)
      .map(([roll, given]) => (roll < weight * 100 && given !== undefined ? [[key, given] as const] : []));
  });
  return fc.tuple(...present).map((found) => Object.fromEntries(found.flat()));
}

function anObject(kind: Kind): fc.Arbitrary<KubeObject> {
  return objectOf({ ...rootSchema(kind) }, 0).map((given) => {
    const { metadata, ...rest } = given as Partial<KubeObject>;
    const whole = { ...metadata, name: "a", namespace: kind.namespaced ? "a" : undefined };
    return { ...rest, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: whole };
  });
}

function admitted(kind: Kind, object: KubeObject, previous?: KubeObject): boolean {
  try {
    admitObject(kind, object, previous);
    return true;
  } catch (thrown) {
    if (thrown instanceof StatusError && thrown.reason === "Invalid") return false;
    throw thrown;
  }
}

describe.each(allKinds.map((kind) => [kind.kind, kind] as const))("%s", (_name, kind) => {
  const runs = { numRuns: 50 };

  test("is admitted or refused in words, and stays the same when admitted again", () => {
    fc.assert(
      fc.property(anObject(kind), anObject(kind), (object, other) => {
        expect(unknownFields(kind, object)).toEqual([]);
        const before = structuredClone(object);
        if (!admitted(kind, object)) return;
        const again = structuredClone(object);
        expect(admitted(kind, again, object)).toBe(true);
        expect(again).toEqual(object);
        admitted(kind, other, object);
        expect(before.metadata.name).toBe(object.metadata.name);
        expect(() => tableRow(kind, object, Date.parse("2026-01-02T03:04:05Z"))).not.toThrow();
      }),
      runs,
    );
  });

  test("is what a patch with itself makes of it", () => {
    fc.assert(
      fc.property(anObject(kind), (object) => {
        expect(applyMergePatch(object, object)).toEqual(object);
        try {
          applyStrategicPatch(rootSchema(kind), object, object);
        } catch (thrown) {
          // An element may be without its merge key.
          expect(thrown).toBeInstanceOf(StatusError);
        }
      }),
      runs,
    );
  });

  test("may be anything before its types are checked", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("metadata", "spec", "status", "data"), fc.jsonValue()),
        (given) => {
          const object = {
            apiVersion: apiVersionOf(kind),
            kind: kind.kind,
            ...given,
          } as unknown as KubeObject;
          dropUnknownFields(kind, object);
          checkTypes(kind, object);
          admitted(kind, { ...object, metadata: object.metadata ?? {} });
        },
      ),
      runs,
    );
  });
});

const good: readonly (readonly [kind: Kind, object: KubeObject])[] = [
  [pod, aPod()],
  [deployment, aDeployment()],
  [service, aService()],
  [node, aNode()],
];

describe.each(good.map(([kind, object]) => [kind.kind, kind, object] as const))(
  "a good %s with two other fields",
  (_name, kind, base) => {
    test("is admitted or refused as a change, and a change of nothing is admitted", () => {
      let good = 0;
      const fields = kind.fields["spec"]?.fields ?? {};
      const field = fc.constantFrom(...Object.keys(fields)).chain((key) => {
        const node = fields[key];
        return node === undefined ? fc.constant({}) : valueOf(node, 1).map((value) => ({ [key]: value }));
      });
      fc.assert(
        fc.property(field, field, (one, two) => {
          const changed = applyMergePatch(base, { spec: { ...one, ...two } }) as KubeObject;
          const first = structuredClone(changed);
          if (!admitted(kind, first)) return;
          good += 1;
          expect(admitted(kind, structuredClone(first), first)).toBe(true);
          const again = structuredClone(first);
          admitted(kind, again);
          expect(again).toEqual(first);
          admitted(kind, changed, base);
        }),
        { numRuns: 200 },
      );
      expect(good).toBeGreaterThan(20);
    });
  },
);
