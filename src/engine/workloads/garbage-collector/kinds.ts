/** Which kinds take part in ownership, and where to find an owner that a reference names. */

import type { Kind } from "../../../model/kind.ts";
import { apiVersionOf, kindOfObject, resourceName } from "../../../model/kind.ts";
import type { OwnerReference } from "../../../model/meta.ts";

/** Many, short-lived and never owners; they go by age. */
const apart: ReadonlySet<string> = new Set(["events"]);

/** Kinds whose objects are kept, so that they can own and be owned. */
export function collectedKinds(kinds: readonly Kind[]): Kind[] {
  return kinds.filter(
    (kind) =>
      (["get", "list", "watch", "delete"] as const).every((verb) => kind.verbs.includes(verb)) &&
      !apart.has(resourceName(kind)),
  );
}

export function kindOfReference(kinds: readonly Kind[], reference: OwnerReference): Kind | undefined {
  const group = groupOf(reference.apiVersion);
  return kindOfObject(kinds, (kind) => kind.kind === reference.kind && groupOf(apiVersionOf(kind)) === group);
}

/** The group of an API version: references stay good when a kind's version moves on. */
function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}
