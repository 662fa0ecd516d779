/** Finds kinds by the names that paths and bodies use. */

import { apiVersionOf, type Kind } from "../../model/kind.ts";

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly Kind[];
}

export interface ResourceIndex {
  readonly kinds: readonly Kind[];
  /** In the order in which the kinds were given; the core group has the name "". */
  readonly groupVersions: readonly GroupVersion[];
  /** By path: group ("" for core), version, plural. */
  byPath(group: string, version: string, plural: string): Kind | undefined;
  /** By what an object says of itself. */
  byObject(apiVersion: string, kind: string): Kind | undefined;
  has(group: string, version: string): boolean;
}

export function resourceIndex(kinds: readonly Kind[]): ResourceIndex {
  const paths = new Map(kinds.map((kind) => [pathKey(kind.group, kind.version, kind.plural), kind]));
  const objects = new Map(kinds.map((kind) => [`${apiVersionOf(kind)}/${kind.kind}`, kind]));
  const groups = Map.groupBy(kinds, apiVersionOf);
  const groupVersions = [...groups.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [{ group: first.group, version: first.version, kinds: members }];
  });
  return {
    kinds,
    groupVersions,
    byPath: (group, version, plural) => paths.get(pathKey(group, version, plural)),
    byObject: (apiVersion, kind) => objects.get(`${apiVersion}/${kind}`),
    has: (group, version) => groups.has(apiVersionOf({ group, version })),
  };
}

function pathKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}
