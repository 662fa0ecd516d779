/** What a path of the API names. */

import { badRequest } from "../api-errors.ts";

export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Undefined: the whole cluster. */
  readonly namespace: string | undefined;
  /** "" is the collection. */
  readonly name: string;
  readonly subresource: string;
}

/** Undefined for paths that name no resource: discovery, health, and what does not exist. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const [root, ...rest] = path.split("/").slice(1).map(decode);
  const last = rest.at(-1) === "" ? rest.slice(0, -1) : rest;
  if (root === "api" && last.length >= 2) return resourceIn("", last);
  if (root === "apis" && last.length >= 3) return resourceIn(last[0] ?? "", last.slice(1));
  return undefined;
}

function resourceIn(group: string, [version = "", ...segments]: readonly string[]): ResourcePath | undefined {
  const [first = "", second = "", third = ""] = segments;
  const base = { group, version };
  // `namespaces` is a resource itself, and its subresources look like resources in it.
  const ofNamespace = segments.length <= 2 || third === "status" || third === "finalize";
  if (first === "namespaces" && group === "" && ofNamespace) {
    return { ...base, plural: first, namespace: undefined, name: second, subresource: third };
  }
  const inNamespace = first === "namespaces" && segments.length >= 3;
  const [plural = "", name = "", subresource = "", ...more] = inNamespace ? segments.slice(2) : segments;
  if (more.length > 0 || plural === "") return undefined;
  return { ...base, plural, namespace: inNamespace ? second : undefined, name, subresource };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    throw Object.assign(badRequest(`the path has a part that cannot be decoded: "${segment}"`), {
      cause: error,
    });
  }
}
