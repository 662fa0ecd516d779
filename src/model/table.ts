/** The columns of `get`, as the server's Table and the CLI show them. */

import { ageOf } from "./human-duration.ts";
import type { Column, Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";

const nameColumn: Column<KubeObject> = {
  name: "Name",
  type: "string",
  description: "Name of the object.",
  value: ({ metadata }) => metadata.name ?? "",
};

const ageColumn: Column<KubeObject> = {
  name: "Age",
  type: "string",
  description: "How long ago the object was created.",
  value: ({ metadata }, { nowMs }) => ageOf(metadata.creationTimestamp, nowMs),
};

/**
 * NAME first and AGE after the columns that are always shown, unless the kind places AGE itself or says that its
 * columns are the whole table.
 */
export function tableColumns<T extends KubeObject>(kind: Kind<T>): readonly Column<T>[] {
  if (kind.wholeTable === true) return kind.columns;
  const { columns } = kind;
  if (columns.some(({ name }) => name === "Age")) return [nameColumn, ...columns];
  const narrow = columns.filter(({ priority = 0 }) => priority === 0);
  const wide = columns.filter(({ priority = 0 }) => priority > 0);
  return [nameColumn, ...narrow, ageColumn, ...wide];
}
