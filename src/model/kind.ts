/**
 * What a kind is. A kind lives in one folder, `model/kinds/<group>/<kind>/`, and exports one `Kind`: the API
 * server derives paths, verbs, validation, tables and OpenAPI from it; clients use it as the typed name.
 */

import type { FieldError } from "./field-error.ts";
import type { KubeObject, ObjectMeta } from "./meta.ts";
import type { SchemaNode } from "./schema.ts";

export interface ColumnContext {
  /** Milliseconds since the epoch, for ages. */
  readonly nowMs: number;
}

/**
 * A function of an object of the kind. Declared so that a `Kind<Pod>` can be used as a `Kind`: generic code holds
 * kinds without knowing their type, and must call their functions with objects of that kind only.
 */
type Of<A extends readonly unknown[], R> = { call(...given: A): R }["call"];

/** A column of `get`; priority 0 is always shown, 1 only with `-o wide`. */
export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer";
  /** `name` for the column that names the object. */
  readonly format?: "name" | undefined;
  readonly description: string;
  readonly priority?: 0 | 1 | undefined;
  readonly value: Of<[object: T, context: ColumnContext], string | number>;
}

/** Where the scale subresource finds its numbers. */
export interface ScalePaths<T> {
  readonly replicas: Of<[object: T], number>;
  readonly withReplicas: Of<[object: T, replicas: number], T>;
  readonly statusReplicas: Of<[object: T], number>;
  /** Selector in text form, for instance `app=web`. */
  readonly selector: Of<[object: T], string>;
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

export const allVerbs: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

/** A subresource beside `status` and `scale`, which follow from the kind itself. For discovery and OpenAPI. */
export interface Subresource {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** What is sent and returned when it is not the kind itself. */
  readonly body?: { readonly group: string; readonly version: string; readonly kind: string } | undefined;
}

export interface Kind<T extends KubeObject = KubeObject> {
  /** "" is the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly description: string;
  /** Fields beside apiVersion, kind and metadata. */
  readonly fields: Readonly<Record<string, SchemaNode>>;
  /** Whether `status` is written through its own subresource only. */
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths<T> | undefined;
  /** Another version of the same resource is stored; objects of this kind are made of it, and cannot be watched. */
  readonly storedVersion?: string | undefined;
  /** What can be done with objects of the kind; fewer than `allVerbs` for kinds that are not stored. */
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** Read them through `tableColumns` of table.ts, which adds NAME first and AGE before the wide columns. */
  readonly columns: readonly Column<T>[];
  /** The columns are the whole table: no NAME, no AGE is added. */
  readonly wholeTable?: boolean | undefined;
  /** Field selectors beside metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, Of<[object: T], string>>>;
  /** Rule of `metadata.name`: what is wrong with it, or undefined. */
  readonly checkName: (name: string) => string | undefined;
  /** Defaults beyond the schema's; changes the fresh object that it is given. */
  readonly applyDefaults?: Of<[object: T], void> | undefined;
  /**
   * Defaults and rules of the spec ask nothing but the spec, and nothing but it, metadata and status is there: a spec
   * that was admitted once need not be checked again.
   */
  readonly specStandsAlone?: boolean | undefined;
  /** The status that a new object starts with; without it a new object has none. The given status is dropped. */
  readonly initialStatus?: Of<[object: T], object> | undefined;
  /** Fields of the status that a write of the object itself may set, as wishes to whoever keeps the status. */
  readonly statusWishes?: readonly string[] | undefined;
  /** Checks beyond the schema's, on a defaulted object. */
  readonly validate?: Of<[object: T], FieldError[]> | undefined;
  /** Checks of a change beyond the schema's immutable fields. */
  readonly validateUpdate?: Of<[next: T, previous: T], FieldError[]> | undefined;
  /** Seconds of grace for a deletion that asks for none; absent: deletions are immediate. */
  readonly deletionGraceSeconds?: Of<[object: T], number> | undefined;
  readonly __type?: T;
}

/** `group/version`, or `v1` for the core group. */
export function apiVersionOf(kind: Pick<Kind, "group" | "version">): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** `plural.group`, or `plural` for the core group: one name of a resource across groups. */
export function resourceName(kind: Pick<Kind, "group" | "plural">): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}

/** A new object of the kind, without the fields that the server sets. */
export function newObject<T extends KubeObject>(
  kind: Kind<T>,
  metadata: ObjectMeta,
  rest: Omit<T, "apiVersion" | "kind" | "metadata">,
): T {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...rest } as T;
}

/**
 * What an object says that it is. Some resources are only asked with an object of a kind that another resource keeps
 * (processedtemplates with a Template): the one that keeps it is meant.
 */
export function kindOfObject(kinds: readonly Kind[], isMeant: (kind: Kind) => boolean): Kind | undefined {
  const found = kinds.filter(isMeant);
  return found.find(({ verbs }) => verbs.includes("get")) ?? found[0];
}
