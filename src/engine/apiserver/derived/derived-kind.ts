/**
 * Kinds whose objects are not stored: they are parts of other objects, seen as objects of their own. What is read is
 * made from what is stored at that moment; what is written is a write of the object that it is a part of.
 */

import type { UserInfo } from "../../../client/user.ts";
import { resourceName, type Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { admitObject } from "../../../model/validate.ts";
import { alreadyExists, badRequest, methodNotAllowed, notFound } from "../api-errors.ts";
import { checkFields, checkType, type FieldChecks } from "../operations/checks.ts";
import type { Outcome } from "../operations/commit.ts";
import { copyJson } from "../operations/json.ts";
import type { Listed, ListRequest } from "../operations/list.ts";
import type { ServerParts, Stored, Target } from "../parts.ts";

export interface DerivedWrite {
  readonly parts: ServerParts;
  readonly target: Target;
  /** Checked, and the writer's own copy. */
  readonly object: KubeObject;
  readonly user: UserInfo;
  readonly dryRun?: boolean | undefined;
}

export interface DerivedKind {
  readonly get: (parts: ServerParts, target: Target) => KubeObject | undefined;
  /** Sorted by namespace, then name. `namespace` undefined: all. */
  readonly list: (parts: ServerParts, namespace: string | undefined) => readonly KubeObject[];
  /** Makes it or changes it; resolves with what it is then. Absent: it can only be read. */
  readonly write?: ((write: DerivedWrite) => Promise<KubeObject>) | undefined;
  readonly remove?: ((write: Omit<DerivedWrite, "object" | "user">) => Promise<void>) | undefined;
}

/** Versions of one resource differ in it. */
export function derivedName(kind: Kind): string {
  return `${kind.version}/${resourceName(kind)}`;
}

/** By `derivedName`. */
export type DerivedKinds = ReadonlyMap<string, DerivedKind>;

export function getDerived(parts: ServerParts, derived: DerivedKind, target: Target): Stored {
  const value = derived.get(parts, target);
  if (value === undefined) throw notFound(target.kind, target.name);
  return storedOf(value);
}

/** In one piece: what the objects are parts of is listed in one piece too. */
export function listDerived(parts: ServerParts, derived: DerivedKind, request: ListRequest): Listed {
  const { kind, namespace, selection } = request;
  const { revision } = parts.store;
  const entries = derived
    .list(parts, namespace)
    .filter((value) => selection.matches(value))
    .map((value) => ({
      ...storedOf(value),
      resource: resourceName(kind),
      namespace: value.metadata.namespace ?? "",
      name: value.metadata.name ?? "",
      revision,
      createdRevision: revision,
    }));
  return { resourceVersion: String(revision), entries };
}

export interface DerivedRequest extends FieldChecks {
  readonly target: Target;
  readonly next: (previous: KubeObject | undefined) => KubeObject;
  readonly user: UserInfo;
  readonly dryRun?: boolean | undefined;
}

export async function createDerived(
  parts: ServerParts,
  derived: DerivedKind,
  request: DerivedRequest,
): Promise<Stored> {
  const { kind, name } = request.target;
  if (derived.get(parts, request.target) !== undefined) throw alreadyExists(kind, name);
  return await writeDerived(parts, derived, request);
}

export async function writeDerived(
  parts: ServerParts,
  derived: DerivedKind,
  request: DerivedRequest,
): Promise<Stored> {
  const { target, user, dryRun } = request;
  const { kind, namespace, name } = target;
  if (derived.write === undefined) throw methodNotAllowed();
  const given = copyJson(request.next(derived.get(parts, target)), parts.limits.nesting);
  checkType(kind, given);
  checkFields(kind, given, request);
  const metadata = given.metadata ?? {};
  const isElsewhere = (metadata.namespace ?? namespace) !== namespace || (metadata.name ?? name) !== name;
  if (isElsewhere) throw badRequest("the name or the namespace of the object is not that of the request");
  const object = { ...given, metadata: { ...metadata, name, namespace } };
  admitObject(kind, object);
  return storedOf(await derived.write({ parts, target, object, user, dryRun }));
}

export async function removeDerived(
  parts: ServerParts,
  derived: DerivedKind,
  { target, dryRun }: Pick<DerivedRequest, "target" | "dryRun">,
): Promise<Outcome> {
  if (derived.remove === undefined) throw methodNotAllowed();
  const stored = getDerived(parts, derived, target);
  await derived.remove({ parts, target, dryRun });
  return { ...stored, removed: true };
}

function storedOf(value: KubeObject): Stored {
  return { value, encoded: JSON.stringify(value) };
}

export function kindsByName(given: readonly (readonly [Kind, DerivedKind])[]): DerivedKinds {
  return new Map(given.map(([kind, derived]) => [derivedName(kind), derived]));
}
