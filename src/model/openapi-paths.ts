/** The paths of the kinds as OpenAPI operations, in both dialects. */

import { apiVersionOf, type Kind, type Subresource, type Verb } from "./kind.ts";
import { commonNames, listName, refTo, type Dialect, type JsonSchema } from "./openapi-schemas.ts";
import { definitionName } from "./root-schema.ts";

/** `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath(kind: Pick<Kind, "group" | "version">): string {
  return kind.group === "" ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
}

export function pathsOf(kinds: readonly Kind[], dialect: Dialect): Record<string, JsonSchema> {
  return Object.fromEntries(kinds.flatMap((kind) => pathsOfKind(kind, dialect)));
}

type Path = readonly [path: string, item: JsonSchema];

function pathsOfKind(kind: Kind, dialect: Dialect): Path[] {
  const base = groupVersionPath(kind);
  const collection = kind.namespaced
    ? `${base}/namespaces/{namespace}/${kind.plural}`
    : `${base}/${kind.plural}`;
  const paths = [
    pathItem(collection, kind, { dialect, methods: collectionMethods(kind) }),
    pathItem(`${collection}/{name}`, kind, { dialect, methods: objectMethods(kind) }),
    ...subresourcesOf(kind).map((subresource) =>
      pathItem(`${collection}/{name}/${subresource.name}`, kind, {
        dialect,
        methods: subresourceMethods(subresource),
      }),
    ),
  ];
  if (kind.namespaced && kind.verbs.includes("list")) {
    paths.push(pathItem(`${base}/${kind.plural}`, kind, { dialect, methods: [["get", "list"]] }));
  }
  return paths.filter(([, item]) => Object.keys(item).some((key) => key !== "parameters"));
}

type Method = readonly [method: "get" | "post" | "put" | "patch" | "delete", verb: Verb];

const collectionVerbs: readonly Method[] = [
  ["get", "list"],
  ["post", "create"],
  ["delete", "deletecollection"],
];
const objectVerbs: readonly Method[] = [
  ["get", "get"],
  ["put", "update"],
  ["patch", "patch"],
  ["delete", "delete"],
];

function collectionMethods({ verbs }: Kind): Method[] {
  return collectionVerbs.filter(([, verb]) => verbs.includes(verb));
}

function objectMethods({ verbs }: Kind): Method[] {
  return objectVerbs.filter(([, verb]) => verbs.includes(verb));
}

function subresourceMethods({ verbs }: Subresource): Method[] {
  return [...objectVerbs, ["post", "create"] as const].filter(([, verb]) => verbs.includes(verb));
}

const changing: readonly Verb[] = ["get", "patch", "update"];

/** Those that follow from the kind, and its own. */
export function subresourcesOf(kind: Kind): Subresource[] {
  const scaleBody = { group: "autoscaling", version: "v1", kind: "Scale" };
  return [
    ...(kind.hasStatus && kind.verbs.includes("update") ? [{ name: "status", verbs: changing }] : []),
    ...(kind.scale === undefined ? [] : [{ name: "scale", verbs: changing, body: scaleBody }]),
    ...kind.subresources,
  ];
}

interface ItemOptions {
  readonly dialect: Dialect;
  readonly methods: readonly Method[];
}

function pathItem(path: string, kind: Kind, { dialect, methods }: ItemOptions): Path {
  const inPath = ["namespace", "name"].filter((name) => path.includes(`{${name}}`));
  const parameters = inPath.map((name) =>
    parameter(dialect, { name, in: "path", description: pathWords[name] ?? "" }),
  );
  const operations = methods.map(
    ([method, verb]) => [method, operation(path, kind, { dialect, verb })] as const,
  );
  return [path, { ...Object.fromEntries(operations), ...(parameters.length === 0 ? {} : { parameters }) }];
}

const pathWords: Readonly<Record<string, string>> = {
  namespace: "Namespace of the objects.",
  name: "Name of the object.",
};

const actions: Readonly<Record<Verb, string>> = {
  get: "get",
  list: "list",
  watch: "watch",
  create: "post",
  update: "put",
  patch: "patch",
  delete: "delete",
  deletecollection: "deletecollection",
};

const sentences: Readonly<Record<Verb, string>> = {
  get: "Reads the",
  list: "Lists or watches objects of the kind",
  watch: "Watches objects of the kind",
  create: "Creates a",
  update: "Replaces the",
  patch: "Changes the",
  delete: "Deletes the",
  deletecollection: "Deletes objects of the kind",
};

interface OperationOptions {
  readonly dialect: Dialect;
  readonly verb: Verb;
}

function operation(path: string, kind: Kind, { dialect, verb }: OperationOptions): JsonSchema {
  const { group, version } = kind;
  const name = path
    .slice(1)
    .replaceAll(/[^A-Za-z0-9]+(.)?/g, (_match, next: string | undefined) => (next ?? "").toUpperCase());
  const answer =
    verb === "list" ? listName(kind) : isDeletion(verb) ? commonNames.status : definitionName(kind);
  return {
    operationId: `${actions[verb]}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    description: `${sentences[verb]} ${kind.kind}.`,
    tags: [`${group === "" ? "core" : group.split(".")[0]}_${version}`],
    ...bodiesOf(verb, { kind, dialect, answer }),
    "x-kubernetes-action": actions[verb],
    "x-kubernetes-group-version-kind": { group, version, kind: kind.kind },
  };
}

function isDeletion(verb: Verb): boolean {
  return verb === "delete" || verb === "deletecollection";
}

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

interface BodyOptions {
  readonly kind: Kind;
  readonly dialect: Dialect;
  /** Definition of the answer. */
  readonly answer: string;
}

function bodiesOf(verb: Verb, { kind, dialect, answer }: BodyOptions): JsonSchema {
  const sent = bodyName(verb, kind);
  const query = queryNames(verb).map((name) =>
    parameter(dialect, { name, in: "query", description: queryWords[name] ?? "" }),
  );
  const answerSchema = { $ref: refTo(answer, dialect) };
  const types = verb === "patch" ? patchTypes : ["application/json"];
  if (dialect === "v2") {
    const body =
      sent === undefined
        ? []
        : [{ name: "body", in: "body", required: !isDeletion(verb), schema: { $ref: refTo(sent, dialect) } }];
    return {
      consumes: types,
      produces: ["application/json"],
      schemes: ["https"],
      parameters: [...body, ...query],
      responses: { "200": { description: "OK", schema: answerSchema } },
    };
  }
  const content = Object.fromEntries(
    types.map((type) => [type, { schema: { $ref: refTo(sent ?? "", dialect) } }]),
  );
  return {
    parameters: query,
    ...(sent === undefined ? {} : { requestBody: { content, required: !isDeletion(verb) } }),
    responses: { "200": { description: "OK", content: { "application/json": { schema: answerSchema } } } },
  };
}

function bodyName(verb: Verb, kind: Kind): string | undefined {
  if (verb === "create" || verb === "update") return definitionName(kind);
  if (verb === "patch") return commonNames.patch;
  return isDeletion(verb) ? commonNames.deleteOptions : undefined;
}

const queryWords: Readonly<Record<string, string>> = {
  allowWatchBookmarks: "Whether a watch may send bookmarks.",
  continue: "Asks for the next part of a list that was cut.",
  dryRun: "All: do everything but write.",
  fieldManager: "Who changes the object.",
  fieldSelector: "Chooses objects by their fields.",
  fieldValidation: "What is done about unknown fields: Ignore, Warn or Strict.",
  force: "Accepted, without effect.",
  gracePeriodSeconds: "How long a graceful deletion may take.",
  labelSelector: "Chooses objects by their labels.",
  limit: "The most objects to return.",
  propagationPolicy: "What becomes of objects that belong to it.",
  resourceVersion: "Revision to read at or to watch from.",
  timeoutSeconds: "When a watch ends.",
  watch: "Whether to watch instead of to list.",
};

const listQuery = [
  "allowWatchBookmarks",
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "timeoutSeconds",
  "watch",
];

function queryNames(verb: Verb): string[] {
  const writing = ["dryRun", "fieldManager", "fieldValidation"];
  if (verb === "list") return listQuery;
  if (verb === "deletecollection")
    return ["dryRun", "fieldSelector", "gracePeriodSeconds", "labelSelector", "propagationPolicy"];
  if (verb === "delete") return ["dryRun", "gracePeriodSeconds", "propagationPolicy"];
  if (verb === "patch") return [...writing, "force"];
  return verb === "create" || verb === "update" ? writing : [];
}

const queryTypes: Readonly<Record<string, string>> = {
  allowWatchBookmarks: "boolean",
  force: "boolean",
  gracePeriodSeconds: "integer",
  limit: "integer",
  timeoutSeconds: "integer",
  watch: "boolean",
};

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly description: string;
}

function parameter(dialect: Dialect, { name, in: place, description }: Parameter): JsonSchema {
  const schema = { type: queryTypes[name] ?? "string", uniqueItems: true };
  const common = { name, in: place, description, ...(place === "path" ? { required: true } : {}) };
  return dialect === "v2" ? { ...common, ...schema } : { ...common, schema };
}
