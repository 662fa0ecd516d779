/**
 * A kind as a CustomResourceDefinition, for clusters that do not have it: its schema as a structural one, which repeats
 * what is shared and knows no alternatives.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */

import type { Kind } from "./kind.ts";
import type { JsonValue, SchemaNode } from "./schema.ts";

type Json = Readonly<Record<string, JsonValue>>;

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  /** For instance .spec.node. */
  readonly jsonPath: string;
  /** 1: with `-o wide` only. */
  readonly priority?: number;
}

export interface CustomResourceOptions {
  readonly columns: readonly PrinterColumn[];
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export function customResourceDefinition(kind: Kind, { columns, annotations }: CustomResourceOptions): Json {
  const { group, version, plural, shortNames, description, namespaced } = kind;
  const fields = Object.entries(kind.fields);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      group,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular: kind.singular,
        shortNames,
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              description,
              type: "object",
              properties: Object.fromEntries(fields.map(([name, node]) => [name, structural(node)])),
              ...requiredOf(fields),
            },
          },
          ...(kind.hasStatus ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns.map((column) => ({ ...column })),
        },
      ],
    },
  };
}

function requiredOf(fields: readonly (readonly [string, SchemaNode])[]): Json {
  const required = fields.flatMap(([name, node]) => (node.required === true ? [name] : []));
  return required.length === 0 ? {} : { required };
}

function structural(node: SchemaNode): Json {
  const { description, default: preset, enum: values, min, max } = node;
  return {
    ...(description === "" ? {} : { description }),
    ...shapeOf(node),
    ...(preset === undefined ? {} : { default: preset }),
    ...(values === undefined ? {} : { enum: values }),
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  };
}

function shapeOf(node: SchemaNode): Json {
  switch (node.type) {
    case "object":
      return objectShape(node);
    case "array":
      return { type: "array", ...itemsOf(node, "items"), ...listTypeOf(node) };
    case "map":
      return { type: "object", ...itemsOf(node, "additionalProperties") };
    case "quantity":
    case "intOrString":
      return { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true };
    case "time":
      return { type: "string", format: "date-time" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "integer":
      return { type: "integer", format: "int64" };
    case "any":
      return { "x-kubernetes-preserve-unknown-fields": true };
    default:
      return { type: node.type };
  }
}

function objectShape({ fields = {}, preserveUnknown }: SchemaNode): Json {
  const entries = Object.entries(fields);
  const properties = Object.fromEntries(entries.map(([name, field]) => [name, structural(field)]));
  return {
    type: "object",
    ...(entries.length === 0 ? {} : { properties }),
    ...requiredOf(entries),
    ...(preserveUnknown === true ? { "x-kubernetes-preserve-unknown-fields": true } : {}),
  };
}

function itemsOf({ items }: SchemaNode, name: string): Json {
  return {
    [name]: items === undefined ? { "x-kubernetes-preserve-unknown-fields": true } : structural(items),
  };
}

/** Elements with a key that may be absent cannot be told apart. */
function listTypeOf({ mergeKey, items }: SchemaNode): Json {
  if (mergeKey === "") return { "x-kubernetes-list-type": "set" };
  if (mergeKey === undefined || items?.fields?.[mergeKey]?.required !== true) return {};
  return { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [mergeKey] };
}
