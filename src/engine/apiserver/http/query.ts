/** Query parameters of the API. */

import type { DeleteOptions, LogOptions } from "../../../client/client.ts";
import type { Kind } from "../../../model/kind.ts";
import type { JsonValue } from "../../../model/schema.ts";
import { badRequest } from "../api-errors.ts";
import type { FieldChecks } from "../operations/checks.ts";
import { readDeleteOptions } from "../operations/delete-options.ts";
import type { ListRequest } from "../operations/list.ts";
import { selectionOf } from "../operations/selection.ts";

export function textIn(query: URLSearchParams, key: string): string | undefined {
  return query.get(key) ?? undefined;
}

export function flagIn(query: URLSearchParams, key: string): boolean | undefined {
  const text = query.get(key);
  if (text === null) return undefined;
  return text === "" || text === "true" || text === "1";
}

export function integerIn(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key);
  if (text === null || text === "") return undefined;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`the parameter ${key} must be a whole number, not "${text}"`);
}

export function listRequestIn(
  query: URLSearchParams,
  kind: Kind,
  namespace: string | undefined,
  name: string,
): ListRequest {
  const fields = [textIn(query, "fieldSelector"), name === "" ? undefined : nameSelector(name)];
  const fieldSelector = fields.filter((text) => text !== undefined && text !== "").join(",");
  return {
    kind,
    namespace,
    selection: selectionOf(kind, textIn(query, "labelSelector"), fieldSelector),
    limit: integerIn(query, "limit"),
    continue: textIn(query, "continue"),
    resourceVersion: textIn(query, "resourceVersion"),
    resourceVersionMatch: textIn(query, "resourceVersionMatch"),
  };
}

function nameSelector(name: string): string {
  return `metadata.name=${name.replaceAll(/[\\,=]/g, String.raw`\$&`)}`;
}

export function dryRunIn(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== "All");
  if (wrong !== undefined) throw badRequest(`dryRun: Unsupported value: "${wrong}": supported values: "All"`);
  return values.length > 0;
}

/** Kubernetes' default is Warn. */
export function fieldValidationIn(query: URLSearchParams): NonNullable<FieldChecks["fieldValidation"]> {
  const text = query.get("fieldValidation") ?? "";
  switch (text) {
    case "":
      return "Warn";
    case "Ignore":
    case "Warn":
    case "Strict":
      return text;
    default:
      throw badRequest(
        `fieldValidation: Unsupported value: "${text}": supported values: "Ignore", "Strict", "Warn"`,
      );
  }
}

/** Options of a deletion come in the body, or as parameters, which old clients use. */
export function deleteOptionsIn(
  query: URLSearchParams,
  body: JsonValue,
): DeleteOptions & { dryRun: boolean } {
  const given = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const dryRun = Array.isArray(given["dryRun"]) ? (given["dryRun"] as string[]) : query.getAll("dryRun");
  const parameters = {
    gracePeriodSeconds: integerIn(query, "gracePeriodSeconds"),
    propagationPolicy: textIn(query, "propagationPolicy"),
    orphanDependents: flagIn(query, "orphanDependents"),
  };
  return { ...readDeleteOptions({ ...parameters, ...given }), dryRun: dryRunIn(dryRun) };
}

export function logOptionsIn(query: URLSearchParams): LogOptions {
  return {
    container: textIn(query, "container"),
    follow: flagIn(query, "follow"),
    previous: flagIn(query, "previous"),
    timestamps: flagIn(query, "timestamps"),
    tailLines: integerIn(query, "tailLines"),
    sinceSeconds: integerIn(query, "sinceSeconds"),
    sinceTime: textIn(query, "sinceTime"),
    limitBytes: integerIn(query, "limitBytes"),
  };
}
