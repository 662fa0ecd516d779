/** Objects, lists and watch events in the form that the client asked for. In full they are encoded already. */

import { stringify as stringifyYaml } from "yaml";
import { apiVersionOf, type Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import type { JsonValue } from "../../../model/schema.ts";
import { tableColumns, tableRow, type TableRow } from "../../../model/table.ts";
import { badRequest } from "../api-errors.ts";
import type { Listed } from "../operations/list.ts";
import type { Stored } from "../parts.ts";
import type { Negotiated, ObjectForm } from "./accept.ts";

/** What rows of a table carry of their object. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface Shape extends Negotiated {
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}

export function includeObjectIn(query: URLSearchParams): IncludeObject {
  const text = query.get("includeObject") ?? "";
  if (text === "") return "Metadata";
  if (text === "None" || text === "Metadata" || text === "Object") return text;
  throw badRequest(
    `includeObject: Unsupported value: "${text}": supported values: "None", "Metadata", "Object"`,
  );
}

export function contentTypeOf({ yaml }: Negotiated): string {
  return yaml ? "application/yaml" : "application/json";
}

export function encodeOne(kind: Kind, stored: Stored, shape: Shape): string {
  return inNotation(shape, encodeJson(kind, stored, shape, true));
}

/** One event's object of a watch: tables carry their columns with the first event only. */
export function encodeEvent(kind: Kind, stored: Stored, shape: Shape, first: boolean): string {
  return encodeJson(kind, stored, shape, first);
}

function encodeJson(kind: Kind, { value, encoded }: Stored, shape: Shape, withColumns: boolean): string {
  switch (shape.form) {
    case "object":
      return encoded;
    case "metadata":
      return JSON.stringify(metadataOf(value));
    case "table":
      return JSON.stringify({
        kind: "Table",
        apiVersion: "meta.k8s.io/v1",
        metadata: { resourceVersion: value.metadata?.resourceVersion },
        columnDefinitions: withColumns ? tableColumns(kind) : [],
        rows: [rowOf(kind, value, shape)],
      });
  }
}

export function encodeList(kind: Kind, listed: Listed, shape: Shape): string {
  const { entries, ...page } = listed;
  if (shape.form === "table") {
    const rows = entries.map(({ value }) => rowOf(kind, value, shape));
    const columnDefinitions = tableColumns(kind);
    const table = { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: page, columnDefinitions, rows };
    return inNotation(shape, JSON.stringify(table));
  }
  const type = listType(kind, shape.form);
  const items = entries.map((entry) =>
    shape.form === "object" ? entry.encoded : JSON.stringify(metadataOf(entry.value)),
  );
  // Put together from texts that exist: a list of thousands is not encoded again.
  const head = `{"kind":"${type.kind}","apiVersion":"${type.apiVersion}","metadata":${JSON.stringify(page)},"items":[`;
  return inNotation(shape, `${head}${items.join(",")}]}`);
}

function listType(kind: Kind, form: ObjectForm) {
  return form === "metadata"
    ? { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" }
    : { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind) };
}

function rowOf(kind: Kind, value: KubeObject, { includeObject, nowMs }: Shape): TableRow {
  const row = tableRow(kind, value, nowMs);
  if (includeObject === "Metadata") return row;
  return includeObject === "None" ? { cells: row.cells } : { cells: row.cells, object: value };
}

function metadataOf({ metadata }: KubeObject) {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}

function inNotation({ yaml }: Negotiated, json: string): string {
  return yaml ? stringifyYaml(JSON.parse(json) as JsonValue) : json;
}
