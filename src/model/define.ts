/** Fills in what most kinds share, so that a kind's folder says only what is particular. */

import { checkDnsSubdomain } from "./names.ts";
import { allVerbs, type Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";

type Given<T extends KubeObject> = Pick<
  Kind<T>,
  "group" | "version" | "kind" | "plural" | "description" | "fields"
> &
  Partial<Kind<T>>;

export function defineKind<T extends KubeObject>(given: Given<T>): Kind<T> {
  return {
    singular: given.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    hasStatus: Object.hasOwn(given.fields, "status"),
    verbs: allVerbs,
    subresources: [],
    columns: [],
    selectableFields: {},
    checkName: checkDnsSubdomain,
    ...given,
  };
}
