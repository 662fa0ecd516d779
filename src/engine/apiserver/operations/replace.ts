/**
 * Update and patch: a new version is made from the newest one inside the write, so nobody can come in between.
 * The main resource writes all but status, the status subresource only status, finalize only the namespace's spec.
 */

import type { UserInfo } from "../../../client/user.ts";
import { isJsonEqual, isJsonObject } from "../../../model/json.ts";
import { apiVersionOf, resourceName, type Kind } from "../../../model/kind.ts";
import type { KubeObject, ObjectMeta } from "../../../model/meta.ts";
import { admitObject, invalidError } from "../../../model/validate.ts";
import { badRequest, conflict, modified, notFound } from "../api-errors.ts";
import { writeAuthor } from "../admission/author.ts";
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
  /** Absent: the server itself. */
  readonly user?: UserInfo | undefined;
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
  const { target, subresource } = request;
  const { kind } = target;
  const given = copyJson(request.next(previous), parts.limits.nesting);
  checkType(kind, given);
  checkIdentity(target, given.metadata, previous.metadata);
  checkFields(kind, given, request);
  if (subresource === "status") return withPart(kind, "status", given, previous);
  if (subresource === "finalize") return withPart(kind, "spec", given, previous);
  const next = mainVersion(kind, given, previous);
  writeAuthor(kind, next, previous, request.user);
  parts.hooks.get(resourceName(kind))?.prepareUpdate?.(next, previous);
  checkFinalizers(kind, next, previous.metadata);
  admitObject(kind, next, previous);
  if (!Object.hasOwn(kind.fields, "spec") || sameDesire(next, previous)) return next;
  const generation = (previous.metadata.generation ?? 0) + 1;
  return { ...next, metadata: { ...next.metadata, generation } };
}

/** All but status is the writer's. */
function mainVersion(kind: Kind, given: KubeObject, previous: KubeObject): KubeObject {
  const metadata = carryMeta(given.metadata, previous.metadata);
  const next: Parted = { ...given, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
  if (!kind.hasStatus) return next;
  const { status: wished, ...rest } = next;
  const status = withWishes(kind, (previous as Parted).status, wished);
  return status === undefined ? rest : ({ ...rest, status } as KubeObject);
}

function withWishes(kind: Kind, status: unknown, wished: unknown): unknown {
  const given = (kind.statusWishes ?? []).filter(
    (field) => isJsonObject(wished) && Object.hasOwn(wished, field),
  );
  if (given.length === 0 || !isJsonObject(wished)) return status;
  return {
    ...(isJsonObject(status) ? status : {}),
    ...Object.fromEntries(given.map((field) => [field, wished[field]])),
  };
}

interface Parted extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** Only one part is the writer's, so only that is checked: the rest was, when it was written. */
function withPart(kind: Kind, part: "spec" | "status", given: Parted, previous: KubeObject): KubeObject {
  const { apiVersion, metadata } = previous;
  const alone = {
    apiVersion,
    kind: kind.kind,
    metadata,
    ...(given[part] === undefined ? {} : { [part]: given[part] }),
  };
  admitObject(partKind(kind, part), alone);
  const { [part]: _old, ...rest } = previous as Parted;
  return { ...rest, ...alone };
}

const partKinds = new WeakMap<Kind, Partial<Record<"spec" | "status", Kind>>>();

/** The kind as if it had only one of its fields. */
function partKind(kind: Kind, part: "spec" | "status"): Kind {
  const known = partKinds.get(kind) ?? {};
  partKinds.set(kind, known);
  const node = kind.fields[part];
  known[part] ??= {
    ...kind,
    fields: node === undefined ? {} : { [part]: node },
    applyDefaults: undefined,
    validate: undefined,
  };
  return known[part];
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
