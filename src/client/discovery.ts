/**
 * What kinds a server has, and which of them a user's word means: `po`, `pods`, `Pod`, `deployments.apps`,
 * `deployments.v1.apps`, `all`. Kinds that Nagi does not know work like those that it does.
 */

import { defineKind } from "../model/define.ts";
import { apiVersionOf, kindOfObject, resourceName, type Kind, type Verb } from "../model/kind.ts";
import { StatusError } from "../model/status.ts";
import type { Client } from "./client.ts";

interface ApiGroup {
  readonly name: string;
  readonly versions: readonly { readonly version: string }[];
  readonly preferredVersion?: { readonly version: string } | undefined;
}

interface ApiResource {
  readonly name: string;
  readonly singularName?: string | undefined;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly verbs: readonly Verb[];
}

export interface DiscoveryOptions {
  readonly client: Client;
  /** Kinds with their schema, which are given out instead of what the server tells of them. */
  readonly known?: readonly Kind[] | undefined;
}

export class Discovery {
  readonly #client: Client;
  readonly #known: ReadonlyMap<string, Kind>;
  #kinds: Promise<Kind[]> | undefined;

  constructor({ client, known = [] }: DiscoveryOptions) {
    this.#client = client;
    this.#known = new Map(known.map((kind) => [servedAs(kind), kind]));
  }

  /** All kinds that can be listed: the core group first, then as the server orders its groups. Asked for once. */
  async kinds(): Promise<readonly Kind[]> {
    this.#kinds ??= this.#discover();
    try {
      return await this.#kinds;
    } catch (error) {
      this.#kinds = undefined;
      throw error;
    }
  }

  /** The kinds that a word means: one, or for a category several. Throws a StatusError NotFound for none. */
  async resolve(word: string): Promise<readonly Kind[]> {
    const kinds = await this.kinds();
    const lower = word.toLowerCase();
    const isNamed = (kind: Kind): boolean => namesOf(kind).includes(lower);
    const named = kindOfObject(kinds, isNamed) ?? byQualifiedName(kinds, lower);
    if (named !== undefined) return [named];
    const members = kinds.filter((kind) => kind.categories.includes(lower));
    if (members.length > 0) return members;
    throw new StatusError("NotFound", `the server doesn't have a resource type "${word}"`);
  }

  /** The kind of a manifest. */
  async kindOf(apiVersion: string, kind: string): Promise<Kind> {
    const identity = `${apiVersion}/${kind}`;
    const kinds = await this.#allVersionsOf(apiVersion);
    const found = kindOfObject(kinds, (each) => identityOf(each) === identity);
    if (found !== undefined) return found;
    const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
    throw new StatusError("NotFound", message);
  }

  /** A manifest may be of a version that is not the preferred one. */
  async #allVersionsOf(apiVersion: string): Promise<readonly Kind[]> {
    const preferred = await this.kinds();
    if (preferred.some((kind) => apiVersionOf(kind) === apiVersion)) return preferred;
    const slash = apiVersion.indexOf("/");
    const group = slash < 0 ? "" : apiVersion.slice(0, slash);
    try {
      return await this.#resources(group, apiVersion.slice(slash + 1));
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return [];
      throw error;
    }
  }

  async #discover(): Promise<Kind[]> {
    const [core, groups] = await Promise.all([
      this.#client.raw("/api") as Promise<unknown>,
      this.#client.raw("/apis") as Promise<unknown>,
    ]);
    const coreVersions = (core as { versions?: string[] }).versions ?? ["v1"];
    const named = (groups as { groups?: ApiGroup[] }).groups ?? [];
    const wanted = [
      ...coreVersions.slice(0, 1).map((version) => ({ group: "", version })),
      ...named.map((group) => ({ group: group.name, version: preferredVersion(group) })),
    ];
    const found = await Promise.all(wanted.map(({ group, version }) => this.#resources(group, version)));
    return found.flat();
  }

  async #resources(group: string, version: string): Promise<Kind[]> {
    const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const { resources = [] } = (await this.#client.raw(path)) as unknown as { resources?: ApiResource[] };
    const subresources = new Set(resources.map(({ name }) => name));
    return resources
      .filter(({ name }) => !name.includes("/"))
      .map((resource) => {
        const kind = dynamicKind(resource, { group, version }, subresources.has(`${resource.name}/status`));
        return this.#known.get(servedAs(kind)) ?? kind;
      });
  }
}

/** A word before a slash is a kind, one after it a name: `deploy/web`. */
export function splitTypeAndName(argument: string): { type: string; name?: string | undefined } {
  const slash = argument.indexOf("/");
  if (slash < 0) return { type: argument };
  const name = argument.slice(slash + 1);
  if (slash > 0 && name !== "" && !name.includes("/")) return { type: argument.slice(0, slash), name };
  const message = `arguments in resource/name form must have a single resource and name, not ${JSON.stringify(argument)}`;
  throw new StatusError("BadRequest", message);
}

function identityOf(kind: Kind): string {
  return `${apiVersionOf(kind)}/${kind.kind}`;
}

function servedAs(kind: Kind): string {
  return `${kind.version}/${resourceName(kind)}`;
}

function preferredVersion(group: ApiGroup): string {
  return group.preferredVersion?.version ?? group.versions[0]?.version ?? "v1";
}

function dynamicKind(
  resource: ApiResource,
  place: { readonly group: string; readonly version: string },
  hasStatus: boolean,
): Kind {
  const { singularName = "", shortNames = [], categories = [] } = resource;
  return defineKind({
    ...place,
    kind: resource.kind,
    plural: resource.name,
    singular: singularName === "" ? resource.kind.toLowerCase() : singularName,
    shortNames,
    categories,
    namespaced: resource.namespaced,
    verbs: resource.verbs,
    description: "",
    fields: {},
    hasStatus,
    checkName: () => undefined,
  });
}

function namesOf(kind: Kind): readonly string[] {
  return [kind.plural, kind.singular, kind.kind.toLowerCase(), ...kind.shortNames];
}

/** `deployments.apps`, `deployments.v1.apps`. */
function byQualifiedName(kinds: readonly Kind[], word: string): Kind | undefined {
  const dot = word.indexOf(".");
  if (dot < 0) return undefined;
  const place = word.slice(dot + 1);
  return kindOfObject(
    kinds,
    (kind) =>
      namesOf(kind).includes(word.slice(0, dot)) &&
      (kind.group === place || `${kind.version}.${kind.group}` === place),
  );
}
