/**
 * The Table form of objects (`meta.k8s.io/v1`): what `get` prints, made by the server so that a client needs to
 * know nothing of a kind. NAME comes first, and AGE last before the columns of `-o wide`.
 */

import type { Column, Kind } from "./kind.ts";
import type { KubeObject, ObjectMeta } from "./meta.ts";

/** The media type that asks for a table instead of the objects. */
export const tableMediaType = "application/json;as=Table;g=meta.k8s.io;v=v1";

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly (string | number | boolean | null)[];
  readonly object?:
    | { readonly kind: string; readonly apiVersion: string; readonly metadata: ObjectMeta }
    | undefined;
}

export interface Table {
  readonly kind: "Table";
  readonly apiVersion: "meta.k8s.io/v1";
  readonly metadata: {
    readonly resourceVersion?: string | undefined;
    readonly continue?: string | undefined;
    readonly remainingItemCount?: number | undefined;
  };
  readonly columnDefinitions: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

/** Kubernetes' short ages: two units while they matter, then one (`45s`, `3m20s`, `5h`, `2d4h`, `1y20d`). */
export function ageText(sinceIso: string | undefined, nowMs: number): string {
  const sinceMs = Date.parse(sinceIso ?? "");
  return Number.isNaN(sinceMs) ? "<unknown>" : durationText(nowMs - sinceMs);
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** From `belowMs` on the next scale holds; `restMs`, when there, is the second unit that is still shown. */
const scales: readonly {
  belowMs: number;
  unitMs: number;
  unit: string;
  restMs?: number;
  rest?: string;
}[] = [
  { belowMs: 2 * minute, unitMs: second, unit: "s" },
  { belowMs: 10 * minute, unitMs: minute, unit: "m", restMs: second, rest: "s" },
  { belowMs: 3 * hour, unitMs: minute, unit: "m" },
  { belowMs: 8 * hour, unitMs: hour, unit: "h", restMs: minute, rest: "m" },
  { belowMs: 2 * day, unitMs: hour, unit: "h" },
  { belowMs: 8 * day, unitMs: day, unit: "d", restMs: hour, rest: "h" },
  { belowMs: 2 * year, unitMs: day, unit: "d" },
  { belowMs: 8 * year, unitMs: year, unit: "y", restMs: day, rest: "d" },
  { belowMs: Number.POSITIVE_INFINITY, unitMs: year, unit: "y" },
];

export function durationText(durationMs: number): string {
  const passedMs = Math.max(0, durationMs);
  const scale = scales.find((each) => passedMs < each.belowMs);
  if (scale === undefined) return "<unknown>";
  const whole = `${Math.floor(passedMs / scale.unitMs)}${scale.unit}`;
  if (scale.restMs === undefined) return whole;
  const rest = Math.floor((passedMs % scale.unitMs) / scale.restMs);
  return rest === 0 ? whole : `${whole}${rest}${scale.rest}`;
}

export interface TableOptions {
  readonly nowMs: number;
  readonly metadata?: Table["metadata"] | undefined;
}

/** What a table needs to know of a kind. */
type Tabled<T extends KubeObject> = Pick<Kind<T>, "columns" | "wholeTable">;

export function tableOf<T extends KubeObject>(
  kind: Tabled<T>,
  objects: readonly T[],
  options: TableOptions,
): Table {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata ?? {},
    columnDefinitions: tableColumns(kind),
    rows: objects.map((object) => tableRow(kind, object, options.nowMs)),
  };
}

const nameColumn: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name of the object.",
  value: ({ metadata }) => metadata.name ?? "",
};

const ageColumn: Column<KubeObject> = {
  name: "Age",
  type: "string",
  description: "Time since the creation.",
  value: ({ metadata }, { nowMs }) => ageText(metadata.creationTimestamp, nowMs),
};

/** A kind may place AGE itself, by a column of that name, or say that its columns are the whole table. */
function allColumns<T extends KubeObject>({ columns, wholeTable }: Tabled<T>): readonly Column<T>[] {
  if (wholeTable === true) return columns;
  if (columns.some(({ name }) => name === ageColumn.name)) return [nameColumn, ...columns];
  const wide = columns.filter(({ priority }) => priority === 1);
  const always = columns.filter(({ priority }) => priority !== 1);
  return [nameColumn, ...always, ageColumn, ...wide];
}

export function tableColumns<T extends KubeObject>(kind: Tabled<T>): TableColumn[] {
  return allColumns(kind).map(({ name, type, format = "", description, priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

export function tableRow<T extends KubeObject>(kind: Tabled<T>, object: T, nowMs: number): TableRow {
  return {
    cells: allColumns(kind).map((column) => column.value(object, { nowMs })),
    object: {
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: object.metadata,
    },
  };
}
