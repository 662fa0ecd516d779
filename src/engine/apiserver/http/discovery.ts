/** The documents that tell clients which resources there are, in the old form and in the aggregated one. */

import { apiVersionOf, type Kind } from "../../../model/kind.ts";
import type { JsonValue } from "../../../model/schema.ts";
import type { GroupVersion, ResourceIndex } from "../resources.ts";
import { parseAccept } from "./accept.ts";

export interface DiscoveryAnswer {
  readonly contentType: string;
  readonly text: string;
}

export interface Discovery {
  /** Undefined: no document of discovery. */
  answer(path: string, accept: string | undefined): DiscoveryAnswer | undefined;
}

/** Serves what never changes while the server runs, so every answer is made once. */
export function createDiscovery(resources: ResourceIndex): Discovery {
  const plain = new Map<string, string>();
  const { groupVersions } = resources;
  const add = (path: string, document: JsonValue): void => void plain.set(path, JSON.stringify(document));
  add("/api", {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [],
  });
  const byGroup = Map.groupBy(
    groupVersions.filter(({ group }) => group !== ""),
    ({ group }) => group,
  );
  const groups = [...byGroup.values()].map(groupDocument);
  add("/apis", { kind: "APIGroupList", apiVersion: "v1", groups });
  for (const each of groupVersions) {
    const root = each.group === "" ? "/api/v1" : `/apis/${each.group}/${each.version}`;
    add(root, resourceList(each));
  }
  for (const [group, versions] of byGroup)
    add(`/apis/${group}`, { kind: "APIGroup", apiVersion: "v1", ...groupDocument(versions) });
  const aggregated = new Map([
    ["/api", aggregatedList(groupVersions.filter(({ group }) => group === ""))],
    ["/apis", aggregatedList(groupVersions.filter(({ group }) => group !== ""))],
  ]);
  return {
    answer(path, accept) {
      const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
      const lists = aggregated.get(trimmed);
      if (lists !== undefined) {
        const version = aggregatedVersion(accept);
        const text = version === undefined ? undefined : lists.get(version);
        if (text !== undefined) return { contentType: aggregatedType(version ?? ""), text };
      }
      const text = plain.get(trimmed);
      return text === undefined ? undefined : { contentType: "application/json", text };
    },
  };
}

const aggregatedVersions = ["v2", "v2beta1"];
const aggregatedGroup = "apidiscovery.k8s.io";

function aggregatedType(version: string): string {
  return `application/json;g=${aggregatedGroup};v=${version};as=APIGroupDiscoveryList`;
}

/** The aggregated form that the client wants more than the plain one. */
function aggregatedVersion(accept: string | undefined): string | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== "application/json" && type !== "*/*") continue;
    if (parameters.get("as") === undefined) return undefined;
    const version = parameters.get("v") ?? "";
    const known = parameters.get("g") === aggregatedGroup && aggregatedVersions.includes(version);
    if (known && parameters.get("as") === "APIGroupDiscoveryList") return version;
  }
  return undefined;
}

function aggregatedList(groupVersions: readonly GroupVersion[]): ReadonlyMap<string, string> {
  const byGroup = Map.groupBy(groupVersions, ({ group }) => group);
  const items = [...byGroup].map(([group, versions]) => ({
    metadata: { name: group, creationTimestamp: null },
    versions: versions.map(({ version, kinds }) => ({
      version,
      resources: served(kinds).map(aggregatedResource),
      freshness: "Current",
    })),
  }));
  const list = (version: string) =>
    JSON.stringify({
      kind: "APIGroupDiscoveryList",
      apiVersion: `${aggregatedGroup}/${version}`,
      metadata: {},
      items,
    });
  return new Map(aggregatedVersions.map((version) => [version, list(version)]));
}

function aggregatedResource(kind: Kind) {
  const subresources = subresourcesOf(kind).map(({ name, verbs, type }) => ({
    subresource: name,
    responseKind: type,
    verbs,
  }));
  return {
    resource: kind.plural,
    responseKind: typeOf(kind),
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs: [...kind.verbs],
    ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
    ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** The first version is preferred: it is the one that is stored. */
function groupDocument(given: readonly GroupVersion[]) {
  const versions = given.map(({ group, version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: given[0]?.group ?? "", versions, preferredVersion: versions[0] ?? null };
}

function resourceList(groupVersion: GroupVersion): JsonValue {
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf(groupVersion),
    resources: served(groupVersion.kinds).flatMap((kind) => [
      {
        name: kind.plural,
        singularName: kind.singular,
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: [...kind.verbs],
        ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
        ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
      },
      ...subresourcesOf(kind).map(({ name, verbs, type, own }) => ({
        name: `${kind.plural}/${name}`,
        singularName: "",
        namespaced: kind.namespaced,
        ...(own ? {} : { group: type.group, version: type.version }),
        kind: type.kind,
        verbs: [...verbs],
      })),
    ]),
  };
}

/** Kinds that are only bodies of other kinds' subresources have no paths. */
function served(kinds: readonly Kind[]): readonly Kind[] {
  return kinds.filter((kind) => kind.verbs.length > 0);
}

const partVerbs = ["get", "patch", "update"];

function subresourcesOf(kind: Kind) {
  const type = typeOf(kind);
  const scale = { group: "autoscaling", version: "v1", kind: "Scale" };
  return [
    ...(kind.hasStatus && kind.verbs.includes("update")
      ? [{ name: "status", verbs: partVerbs, type, own: true }]
      : []),
    ...(kind.scale === undefined ? [] : [{ name: "scale", verbs: partVerbs, type: scale, own: false }]),
    ...kind.subresources.map(({ name, verbs, body }) => ({
      name,
      verbs: [...verbs],
      type: body ?? type,
      own: body === undefined,
    })),
  ];
}

function typeOf({ group, version, kind }: Kind) {
  return { group, version, kind };
}
