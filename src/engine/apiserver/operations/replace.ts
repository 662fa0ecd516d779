/**
 * Update and patch: a new version is made from the newest one inside the write, so nobody can come in between.
 * The main resource writes all but status, the status subresource only status, finalize only the namespace's spec.
 */

import { isJsonEqual } from "../../../model/json.ts";
import { apiVersionOf, resourceName, type Kind } from "../../../model/kind.ts";
import type { KubeObject, ObjectMeta } from "../../../model/meta.ts";
import { admitObject, invalidError } from "../../../model/validate.ts";
import { badRequest, conflict, modified, notFound } from "../api-errors.ts";
import type { ServerParts, Target } from "../parts.ts";
import { checkFields, checkType, type FieldChecks } from "./checks.ts";
import { commit, type Outcome } from "./commit.ts";
import { copyJson } from "./json.ts";
import { keptWhileDeleted } from "./remove.ts";

export interface ReplaceRequest extends FieldChecks {
  readonly target: Target;
  readonly subresource: "" | "status" | "finalize";
  /** The wanted version, made from the newest one; need not be a copy. */
  readonly next: (previous: KubeObject) => KubeObject;
  readonly dryRun?: boolean | undefined;
}

export async function replaceObject(parts: ServerParts, request: ReplaceRequest): Promise<Outcome> {
  const { target, dryRun } = request;
  const { kind, name } = target;
  const hook = parts.hooks.get(resourceName(kind));
  let release: (() => void) | undefined;
  try {
    const outcome = await commit(parts, target, {
      dryRun,
      make(entry) {
        if (entry === undefined) throw notFound(kind, name);
        const previous = entry.value;
        const next = nextVersion(parts, request, previous);
        if (isJsonEqual(next, previous)) return "keep";
        if (next.metadata.deletionTimestamp !== undefined && !keptWhileDeleted(parts, kind, next))
          return "delete";
        release = hook?.claim?.(next, previous);
        return next;
      },
    });
    if (dryRun === true) release?.();
    return outcome;
  } catch (error) {
    release?.();
    throw error;
  }
}

function nextVersion(parts: ServerParts, request: ReplaceRequest, previous: KubeObject): KubeObject {
  const { kind } = request.target;
  const given = copyJson(request.next(previous), parts.limits.nesting);
  checkType(kind, given);
  checkIdentity(request.target, given.metadata, previous.metadata);
  checkFields(kind, given, request);
  const next = select(kind, request.subresource, given, previous);
  if (request.subresource === "") {
    parts.hooks.get(resourceName(kind))?.prepareUpdate?.(next, previous);
    checkFinalizers(kind, next, previous.metadata);
  }
  admitObject(kind, next, previous);
  if (!Object.hasOwn(kind.fields, "spec") || sameDesire(next, previous)) return next;
  const generation = (previous.metadata.generation ?? 0) + 1;
  return { ...next, metadata: { ...next.metadata, generation } };
}

/** The parts that the path may write, from what was given; the rest from what is there. */
function select(
  kind: Kind,
  subresource: ReplaceRequest["subresource"],
  given: KubeObject,
  previous: KubeObject,
): KubeObject {
  const { status: oldStatus, ...oldRest } = previous as KubeObject & { status?: unknown };
  const { status: newStatus, ...newRest } = given as KubeObject & { status?: unknown };
  if (subresource === "status") {
    return withStatus({ ...oldRest, metadata: { ...previous.metadata } }, newStatus);
  }
  if (subresource === "finalize") {
    const { spec } = given as KubeObject & { spec?: unknown };
    return { ...previous, metadata: { ...previous.metadata }, ...(spec === undefined ? {} : { spec }) };
  }
  const type = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  const main = { ...newRest, ...type, metadata: carryMeta(given.metadata, previous.metadata) };
  return withStatus(main, kind.hasStatus ? oldStatus : newStatus);
}

function withStatus(object: KubeObject, status: unknown): KubeObject {
  return status === undefined ? object : ({ ...object, status } as KubeObject);
}

/** What the server keeps of metadata; everything else a writer may change. */
function carryMeta(given: ObjectMeta, previous: ObjectMeta): ObjectMeta {
  const { name, generateName, namespace, uid, creationTimestamp, generation, deletionTimestamp } = previous;
  const { selfLink: _selfLink, managedFields: _managedFields, ...own } = given;
  const { deletionGracePeriodSeconds, resourceVersion } = previous;
  const kept = {
    name,
    generateName,
    namespace,
    uid,
    resourceVersion,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
  };
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(kept)) if (value !== undefined) result[key] = value;
  for (const [key, value] of Object.entries(own)) if (!Object.hasOwn(kept, key)) result[key] = value;
  return result;
}

function checkIdentity({ kind, namespace, name }: Target, given: unknown, previous: ObjectMeta): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw badRequest("metadata must be an object");
  }
  const meta = given as ObjectMeta;
  if (meta.name !== undefined && meta.name !== name) {
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  }
  if (kind.namespaced && meta.namespace !== undefined && meta.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${meta.namespace}) does not match the namespace on the request (${namespace})`,
    );
  }
  if (meta.uid !== undefined && meta.uid !== "" && meta.uid !== previous.uid) {
    const why = `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${previous.uid}`;
    throw conflict(kind, name, why);
  }
  const { resourceVersion } = meta;
  if (resourceVersion === undefined || resourceVersion === "") return;
  if (resourceVersion !== previous.resourceVersion) throw modified(kind, name);
}

function checkFinalizers(kind: Kind, next: KubeObject, previous: ObjectMeta): void {
  if (previous.deletionTimestamp === undefined) return;
  const before = new Set(previous.finalizers);
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  throw invalidError(kind, next, [{ type: "Forbidden", path: "metadata.finalizers", detail }]);
}

/** Whether all but metadata and status is the same. */
function sameDesire(next: KubeObject, previous: KubeObject): boolean {
  const { metadata: _a, ...a } = { ...next, status: undefined };
  const { metadata: _b, ...b } = { ...previous, status: undefined };
  return isJsonEqual(a, b);
}
