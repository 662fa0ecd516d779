/** Requests for objects: what the method and the path mean, then the operation, then the answer. */

import { apiVersionOf, type Kind, type Verb } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import type { JsonValue } from "../../../model/schema.ts";
import type { Status } from "../../../model/status.ts";
import { methodNotAllowed, noSuchPath, upgradeRequired } from "../api-errors.ts";
import type { Stored, Target } from "../parts.ts";
import { negotiateObject } from "./accept.ts";
import { parseBody, readBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { contentTypeOf, encodeList, encodeOne, includeObjectIn, type Shape } from "./forms.ts";
import { streamLog } from "./log-stream.ts";
import { readPatch } from "./patch-body.ts";
import type { ResourcePath } from "./path.ts";
import { deleteOptionsIn, dryRunIn, fieldValidationIn, flagIn, integerIn, listRequestIn } from "./query.ts";
import { addWarning, send, sendJson } from "./respond.ts";
import { streamWatch } from "./watch-stream.ts";

/** Served over WebSocket, see sessions/. */
const sessionSubresources: ReadonlySet<string> = new Set(["exec", "attach", "portforward"]);

/** Its body is no object. */
const binarySubresource = "instantiatebinary";

interface Call {
  readonly exchange: Exchange;
  readonly target: Target;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly subresource: string;
}

export async function handleResource(exchange: Exchange, path: ResourcePath): Promise<void> {
  const verb = verbOf(exchange, path);
  const kind = exchange.api.parts.resources.byPath(path.group, path.version, path.plural);
  const known: Pick<Kind, "group" | "plural"> = kind ?? path;
  exchange.api.authorizeResource(exchange.user, { verb, ...path, resource: known.plural });
  if (kind === undefined || (path.namespace !== undefined && !kind.namespaced)) throw noSuchPath();
  const target = { kind, namespace: path.namespace ?? "", name: path.name };
  const call: Call = { exchange, target, namespace: path.namespace, subresource: path.subresource };
  checkMethod(kind, verb, path);
  await run(call, verb);
}

function run(call: Call, verb: Verb): Promise<void> {
  switch (verb) {
    case "get":
      return get(call);
    case "list":
      return list(call);
    case "watch":
      return watch(call);
    case "create":
      return create(call);
    case "update":
      return update(call);
    case "patch":
      return patch(call);
    case "delete":
      return remove(call);
    case "deletecollection":
      return removeAll(call);
  }
}

function verbOf({ method, query }: Exchange, { name }: ResourcePath): Verb {
  switch (method) {
    case "GET":
    case "HEAD":
      if (flagIn(query, "watch") === true) return "watch";
      return name === "" ? "list" : "get";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      throw methodNotAllowed();
  }
}

/** What a path without a namespace, without a name, or with a subresource can be asked for. */
function checkMethod(kind: Kind, verb: Verb, { name, namespace, subresource }: ResourcePath): void {
  if (kind.verbs.length === 0) throw noSuchPath();
  if (subresource !== "") {
    const own = kind.subresources.find((each) => each.name === subresource);
    const verbs = own?.verbs ?? builtInVerbs(kind, subresource);
    if (verbs === undefined) throw noSuchPath();
    if (!verbs.includes(verb)) throw methodNotAllowed();
    return;
  }
  if (!kind.verbs.includes(verb)) throw methodNotAllowed();
  const everywhere = kind.namespaced && namespace === undefined;
  if (everywhere && verb !== "list" && verb !== "watch") throw methodNotAllowed();
  const ofOne = verb === "update" || verb === "patch";
  if (ofOne && name === "") throw methodNotAllowed();
  if (verb === "create" && name !== "") throw methodNotAllowed();
}

function builtInVerbs(kind: Kind, subresource: string): readonly Verb[] | undefined {
  const known =
    (subresource === "status" && kind.hasStatus) || (subresource === "scale" && kind.scale !== undefined);
  return known ? ["get", "update", "patch"] : undefined;
}

async function get({ exchange, target, subresource }: Call): Promise<void> {
  if (subresource === "log") return streamLog(exchange, target);
  if (sessionSubresources.has(subresource)) throw upgradeRequired();
  const shape = shapeOf(exchange);
  sendStored(exchange, target.kind, { stored: exchange.api.get(target, subresource), shape, code: 200 });
}

async function list({ exchange, target, namespace }: Call): Promise<void> {
  const { response, query, api } = exchange;
  const shape = shapeOf(exchange);
  const listed = api.list(listRequestIn(query, target.kind, namespace, ""));
  send(response, 200, contentTypeOf(shape), encodeList(target.kind, listed, shape));
}

function watch({ exchange, target, namespace }: Call): Promise<void> {
  const { query } = exchange;
  const { kind, name } = target;
  return streamWatch(exchange, {
    ...listRequestIn(query, kind, namespace, name),
    sendInitialEvents: flagIn(query, "sendInitialEvents"),
    allowBookmarks: flagIn(query, "allowWatchBookmarks"),
    timeoutSeconds: integerIn(query, "timeoutSeconds"),
    shape: { ...shapeOf(exchange), yaml: false },
  });
}

async function create({ exchange, target, subresource }: Call): Promise<void> {
  const { api, user } = exchange;
  if (sessionSubresources.has(subresource)) throw upgradeRequired();
  const { kind, namespace } = target;
  const shape = shapeOf(exchange);
  if (subresource === binarySubresource) {
    const { name } = target;
    if (exchange.binaryBuilds === undefined) throw noSuchPath();
    sendJson(exchange.response, 201, await exchange.binaryBuilds.start(exchange, { namespace, name }));
    return;
  }
  const body = await readObject(exchange);
  const checks = writeChecks(exchange);
  if (subresource !== "") {
    const answer = await api.act({ target, subresource, body, user, dryRun: checks.dryRun });
    sendJson(exchange.response, 201, answer);
    return;
  }
  const object = body as unknown as KubeObject;
  const stored = await api.create({ kind, namespace, object, user, ...checks });
  sendStored(exchange, kind, { stored, shape, code: 201 });
}

async function update({ exchange, target, subresource }: Call): Promise<void> {
  const shape = shapeOf(exchange);
  const object = (await readObject(exchange)) as unknown as KubeObject;
  const { user } = exchange;
  const request = { target, subresource, next: () => object, user, ...writeChecks(exchange) };
  sendStored(exchange, target.kind, { stored: await exchange.api.replace(request), shape, code: 200 });
}

async function patch({ exchange, target, subresource }: Call): Promise<void> {
  const shape = shapeOf(exchange);
  const patchBody = await readPatch(exchange);
  const { user } = exchange;
  const request = { target, subresource, patch: patchBody, user, ...writeChecks(exchange) };
  sendStored(exchange, target.kind, { stored: await exchange.api.patch(request), shape, code: 200 });
}

async function remove({ exchange, target, subresource }: Call): Promise<void> {
  if (subresource !== "") throw methodNotAllowed();
  const shape = shapeOf(exchange);
  const { dryRun, ...options } = deleteOptionsIn(exchange.query, await readOptionalObject(exchange));
  const outcome = await exchange.api.remove({ target, options, dryRun });
  if (outcome.removed) sendJson(exchange.response, 200, removedStatus(target, outcome));
  else sendStored(exchange, target.kind, { stored: outcome, shape, code: 200 });
}

async function removeAll({ exchange, target, namespace }: Call): Promise<void> {
  const { api, query, response } = exchange;
  const shape = shapeOf(exchange);
  const { dryRun, ...options } = deleteOptionsIn(query, await readOptionalObject(exchange));
  const listed = await api.removeAll(listRequestIn(query, target.kind, namespace, ""), options, dryRun);
  send(response, 200, contentTypeOf(shape), encodeList(target.kind, listed, shape));
}

function removedStatus({ kind, name }: Target, { value }: Stored): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name,
      ...(kind.group === "" ? {} : { group: kind.group }),
      kind: kind.plural,
      uid: value.metadata.uid,
    },
    code: 200,
  };
}

function shapeOf({ request, query, api }: Exchange): Shape {
  const negotiated = negotiateObject(request.headers.accept);
  const includeObject = negotiated.form === "table" ? includeObjectIn(query) : "Metadata";
  return { ...negotiated, includeObject, nowMs: api.parts.clock.now() };
}

interface Answer {
  readonly stored: Stored;
  readonly shape: Shape;
  readonly code: number;
}

/** Only objects of the kind itself have its columns; a Scale, for instance, is always written in full. */
function sendStored({ response }: Exchange, kind: Kind, { stored, shape, code }: Answer): void {
  const { apiVersion, kind: name } = stored.value;
  const own = name === kind.kind && apiVersion === apiVersionOf(kind);
  const fitting: Shape = own ? shape : { ...shape, form: "object" };
  send(response, code, contentTypeOf(shape), encodeOne(kind, stored, fitting));
}

function writeChecks({ query, response }: Exchange) {
  return {
    dryRun: dryRunIn(query.getAll("dryRun")),
    fieldValidation: fieldValidationIn(query),
    warn: (text: string) => addWarning(response, text),
  };
}

async function readObject(exchange: Exchange): Promise<JsonValue> {
  const { request, api } = exchange;
  const bytes = await readBody(request, api.parts.limits.bodyBytes);
  return parseBody(bytes, request.headers["content-type"], api.parts.limits);
}

async function readOptionalObject({ request, api }: Exchange): Promise<JsonValue> {
  const bytes = await readBody(request, api.parts.limits.bodyBytes);
  return bytes.length === 0 ? {} : parseBody(bytes, request.headers["content-type"], api.parts.limits);
}
