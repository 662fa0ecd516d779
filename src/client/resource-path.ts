/** The paths of the API. */

import type { Kind } from "../model/kind.ts";

export interface ResourcePlace {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** For instance `/apis/apps/v1/namespaces/default/deployments/web/status`. */
export function resourcePath(kind: Pick<Kind, "group" | "version" | "plural">, place: ResourcePlace): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const inNamespace = place.namespace === undefined ? [] : ["namespaces", place.namespace];
  const parts = [...inNamespace, kind.plural, place.name, place.subresource];
  const given = parts.flatMap((part) => (part === undefined || part === "" ? [] : encodeURIComponent(part)));
  return `${root}/${given.join("/")}`;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
