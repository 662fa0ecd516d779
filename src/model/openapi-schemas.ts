/** Schemas of the kinds as JSON schemas, in the two dialects of OpenAPI that Kubernetes clients read. */

import { apiVersionOf, type Kind } from "./kind.ts";
import { definitionName, rootSchema } from "./root-schema.ts";
import {
  array,
  boolean,
  integer,
  object,
  required,
  string,
  type JsonValue,
  type SchemaNode,
} from "./schema.ts";

export type Dialect = "v2" | "v3";
export type JsonSchema = Readonly<Record<string, JsonValue>>;

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const intOrStringName = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

const listMeta = object(
  "Version and continuation of a list.",
  {
    resourceVersion: string("Revision of the store at which the list was made."),
    continue: string("Asks for the next part of a list that was cut."),
    remainingItemCount: integer("How many objects are left after this part."),
    selfLink: string("Not used."),
  },
  { name: `${meta}.ListMeta` },
);

const statusCause = object(
  "One thing that is wrong.",
  {
    reason: string("What is wrong, in one word."),
    message: string("What is wrong, in words."),
    field: string("Field that is wrong."),
  },
  { name: `${meta}.StatusCause` },
);

const statusDetails = object(
  "What the answer is about.",
  {
    name: string("Name of the object."),
    group: string("API group of the object."),
    kind: string("Kind of the object."),
    uid: string("UID of the object."),
    causes: array(statusCause, "All that is wrong."),
    retryAfterSeconds: integer("When to try again."),
  },
  { name: `${meta}.StatusDetails` },
);

const standing = { apiVersion: string("v1."), kind: string("What this is.") };

const status = object(
  "The answer when there is no object to return, above all to a request that failed.",
  {
    ...standing,
    metadata: listMeta,
    status: string("Success or Failure."),
    message: string("What happened, in words."),
    reason: string("What happened, in one word."),
    details: statusDetails,
    code: integer("The HTTP code."),
  },
  { name: `${meta}.Status` },
);

const deleteOptions = object(
  "How an object is deleted.",
  {
    ...standing,
    gracePeriodSeconds: integer("How long a graceful deletion may take."),
    propagationPolicy: string("What becomes of objects that belong to it: Background, Foreground or Orphan."),
    orphanDependents: boolean("Old form of the propagation policy Orphan."),
    preconditions: object(
      "Delete the object only if it is this one.",
      { uid: string("UID of the object."), resourceVersion: string("Version of the object.") },
      { name: `${meta}.Preconditions` },
    ),
    dryRun: array(string("All."), "Whether nothing is to be written."),
  },
  { name: `${meta}.DeleteOptions` },
);

/** Bodies of requests and answers that belong to no kind. */
export const commonNames = {
  status: `${meta}.Status`,
  deleteOptions: `${meta}.DeleteOptions`,
  patch: `${meta}.Patch`,
} as const;

const patch = object("Changes of an object.", {}, { name: commonNames.patch, preserveUnknown: true });

export function listName(kind: Kind): string {
  return `${definitionName(kind)}List`;
}

function listSchema(kind: Kind): SchemaNode {
  return object(
    `A list of objects of the kind ${kind.kind}.`,
    {
      apiVersion: string(`${apiVersionOf(kind)}.`),
      kind: string(`${kind.kind}List.`),
      metadata: listMeta,
      items: required(array(rootSchema(kind), "The objects.")),
    },
    { name: listName(kind) },
  );
}

/** All definitions that the kinds and their paths need, by name. */
export function definitionsOf(kinds: readonly Kind[], dialect: Dialect): Record<string, JsonSchema> {
  const builder = new DefinitionBuilder(dialect);
  for (const kind of kinds) {
    builder.addRoot(rootSchema(kind), kind, kind.kind);
    if (kind.verbs.includes("list")) builder.addRoot(listSchema(kind), kind, `${kind.kind}List`);
  }
  for (const node of [status, deleteOptions, patch]) builder.reference(node);
  return builder.sorted();
}

export function refTo(name: string, dialect: Dialect): string {
  return `${dialect === "v2" ? "#/definitions" : "#/components/schemas"}/${name}`;
}

class DefinitionBuilder {
  readonly #dialect: Dialect;
  readonly #definitions = new Map<string, JsonSchema>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  sorted(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#definitions].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  addRoot(node: SchemaNode, { group, version }: Kind, kind: string): void {
    this.reference(node);
    const name = node.name ?? "";
    this.#definitions.set(name, {
      ...this.#definitions.get(name),
      description: node.description,
      "x-kubernetes-group-version-kind": [{ group, version, kind }],
    });
  }

  /** The schema of a field; objects with a name become definitions of their own. */
  reference(node: SchemaNode): JsonSchema {
    switch (node.type) {
      case "quantity":
        return this.#toDefinition(node, quantityName, quantityOf(this.#dialect));
      case "intOrString":
        return this.#toDefinition(node, intOrStringName, intOrStringOf(this.#dialect));
      case "time":
        return this.#toDefinition(node, `${meta}.Time`, {
          type: "string",
          format: "date-time",
          description: "A time in RFC 3339, such as 2006-01-02T15:04:05Z.",
        });
      case "object":
        if (node.name === undefined) return this.#objectSchema(node);
        // Every use gives the description, and clients print both: only kinds have one of their own, see addRoot.
        return this.#toDefinition(node, node.name, () => this.#objectSchema({ ...node, description: "" }));
      default:
        return this.#plainSchema(node);
    }
  }

  #toDefinition(node: SchemaNode, name: string, schema: JsonSchema | (() => JsonSchema)): JsonSchema {
    if (!this.#definitions.has(name)) {
      // Kept before it is made, so that a definition that contains itself ends.
      this.#definitions.set(name, {});
      this.#definitions.set(name, typeof schema === "function" ? schema() : schema);
    }
    const $ref = refTo(name, this.#dialect);
    const extra = { description: node.description, ...extensionsOf(node) };
    return this.#dialect === "v2" ? { $ref, ...extra } : { allOf: [{ $ref }], ...extra };
  }

  #objectSchema(node: SchemaNode): JsonSchema {
    const fields = Object.entries(node.fields ?? {});
    const required = fields.filter(([, field]) => field.required === true).map(([key]) => key);
    const properties = Object.fromEntries(fields.map(([key, field]) => [key, this.reference(field)]));
    return {
      ...(node.description === "" ? {} : { description: node.description }),
      type: "object",
      ...(fields.length === 0 ? {} : { properties }),
      ...(required.length === 0 ? {} : { required }),
      ...(node.preserveUnknown === true ? { "x-kubernetes-preserve-unknown-fields": true } : {}),
    };
  }

  #plainSchema(node: SchemaNode): JsonSchema {
    const { description, items } = node;
    const common = { description, ...limitsOf(node), ...extensionsOf(node) };
    switch (node.type) {
      case "array":
        return { ...common, type: "array", items: items === undefined ? {} : this.reference(items) };
      case "map":
        return {
          ...common,
          type: "object",
          additionalProperties: items === undefined ? {} : this.reference(items),
        };
      case "bytes":
        return { ...common, type: "string", format: "byte" };
      case "integer":
        return { ...common, type: "integer", format: "int64" };
      case "number":
        return { ...common, type: "number", format: "double" };
      case "any":
        return { ...common, "x-kubernetes-preserve-unknown-fields": true };
      default:
        return { ...common, type: node.type };
    }
  }
}

function quantityOf(dialect: Dialect): JsonSchema {
  const description =
    "An amount: digits with a suffix such as m, k, M, G or Ki, Mi, Gi, for instance 500m or 1Gi.";
  return dialect === "v2"
    ? { description, type: "string" }
    : { description, oneOf: [{ type: "string" }, { type: "number" }] };
}

function intOrStringOf(dialect: Dialect): JsonSchema {
  const common = { description: "A number, or a text such as a name or 25%.", format: "int-or-string" };
  return dialect === "v2"
    ? { ...common, type: "string" }
    : { ...common, oneOf: [{ type: "integer" }, { type: "string" }] };
}

function limitsOf({ default: preset, enum: values, min, max }: SchemaNode): JsonSchema {
  return {
    ...(preset === undefined ? {} : { default: preset }),
    ...(values === undefined ? {} : { enum: values }),
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  };
}

/** How clients merge: `kubectl apply` and `edit` make their strategic patches by these. */
function extensionsOf({ type, mergeKey, retainKeys }: SchemaNode): JsonSchema {
  const strategies = [
    ...(mergeKey === undefined ? [] : ["merge"]),
    ...(retainKeys === true ? ["retainKeys"] : []),
  ];
  const strategy = strategies.length === 0 ? {} : { "x-kubernetes-patch-strategy": strategies.join(",") };
  if (type !== "array") return strategy;
  if (mergeKey === undefined) return { "x-kubernetes-list-type": "atomic" };
  if (mergeKey === "") return { ...strategy, "x-kubernetes-list-type": "set" };
  return {
    ...strategy,
    "x-kubernetes-patch-merge-key": mergeKey,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": [mergeKey],
  };
}
