/** Which apps stand on platforms: those that were last built on them, and those that name one. */

import { appLabel } from "../model/kinds/nagi/app/app-names.ts";
import { build as buildKind, type Build } from "../model/kinds/build/build/build.ts";
import { buildConfig as buildConfigKind } from "../model/kinds/build/buildconfig/buildconfig.ts";
import { app as appKind, type App } from "../model/kinds/nagi/app/app.ts";
import { parsePlatformRef, type PlatformRef } from "../model/kinds/nagi/platform/platform-ref.ts";
import type { Client } from "./client.ts";

export interface StandingApp {
  readonly app: App;
  /** What the app names; absent: what is found out. */
  readonly pin?: PlatformRef | undefined;
  /** The newest build that succeeded. */
  readonly build?: Build | undefined;
}

/** The apps of all namespaces with what each stands on, by namespace and name. */
export async function listStandingApps(client: Client): Promise<StandingApp[]> {
  const [apps, builds] = await Promise.all([client.list(appKind), client.list(buildKind)]);
  const newest = new Map<string, Build>();
  for (const each of builds.items) {
    const name = each.metadata.labels?.[appLabel];
    if (name === undefined || each.status?.phase !== "Complete") continue;
    const key = `${each.metadata.namespace}/${name}`;
    const known = newest.get(key);
    if (known === undefined || isNewer(each, known)) newest.set(key, each);
  }
  return apps.items
    .map((app) => {
      const { namespace, name } = app.metadata;
      const named = app.spec?.source?.platform;
      const pin = named === undefined ? undefined : parsePlatformRef(named);
      return { app, pin, build: newest.get(`${namespace}/${name}`) };
    })
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ app: { metadata } }: StandingApp): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function isNewer(one: Build, other: Build): boolean {
  const [at, otherAt] = [one, other].map(({ metadata }) => metadata.creationTimestamp ?? "");
  return at === otherAt ? numberOf(one) > numberOf(other) : (at ?? "") > (otherAt ?? "");
}

function numberOf({ metadata }: Build): number {
  return Number(metadata.annotations?.["openshift.io/build.number"] ?? 0);
}

/** Whether the app was last built on one of the platforms, or runs on it. */
export function isBuiltOn({ build }: StandingApp, names: ReadonlySet<string>): boolean {
  const { platform, runtimePlatform } = build?.status?.detected ?? {};
  return [platform, runtimePlatform].some((name) => name !== undefined && names.has(name));
}

/** Names the platform, or was last built on it. */
export function standsOn(standing: StandingApp, name: string): boolean {
  return standing.pin?.name === name || (standing.pin === undefined && isBuiltOn(standing, new Set([name])));
}

/** The versions of a platform that apps and build configurations name. */
export async function listPinnedVersions(client: Client, name: string): Promise<ReadonlySet<number>> {
  const [apps, configs] = await Promise.all([client.list(appKind), client.list(buildConfigKind)]);
  const named = [
    ...apps.items.map(({ spec }) => spec?.source?.platform),
    ...configs.items.map(({ spec }) => spec.strategy.nagiStrategy?.platform),
  ];
  const refs = named.filter((each) => each !== undefined).map(parsePlatformRef);
  return new Set(
    refs.flatMap((ref) => (ref.name === name && ref.version !== undefined ? [ref.version] : [])),
  );
}
