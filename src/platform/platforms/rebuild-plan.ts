/**
 * What a rebuild does next with the apps that stand on a platform. Pure: it looks at what is there and says the next
 * state of the one app whose turn it is.
 *
 * What must stay true: one app at a time, in the order of the list; the first that fails stops the rest; whatever
 * is interrupted between two steps is found again by what it left.
 */

import type { StandingApp } from "../../client/standing-apps.ts";
import { isBuiltOn } from "../../client/standing-apps.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { RebuildStatus, RebuiltApp } from "../../model/kinds/nagi/platform/platform.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";

/** On a build: the rebuild that it belongs to. */
export const rebuildAnnotation = "nagi.dev/platform-rebuild";
/** How long a release may stay away after its build. */
const releaseMaxMs = 30 * 60_000;

/** What identifies one run of a rebuild on its builds. */
export function attemptOf(platform: string, { requestedAt, continuedAt }: RebuildStatus): string {
  return `${platform} ${continuedAt ?? requestedAt}`;
}

/** The apps that a rebuild of these platforms is about: those that name an older version stay where they are. */
export function appsToRebuild(
  standing: readonly StandingApp[],
  names: ReadonlySet<string>,
): { readonly apps: RebuiltApp[]; readonly left: readonly string[] } {
  const apps: RebuiltApp[] = [];
  const left: string[] = [];
  for (const each of standing) {
    const { namespace = "default", name = "" } = each.app.metadata;
    if (!isBuiltOn(each, names)) continue;
    const { pin } = each;
    if (pin?.version !== undefined && names.has(pin.name)) left.push(`${name} (${pin.name}:v${pin.version})`);
    else apps.push({ namespace, name, phase: "Waiting" });
  }
  return { apps, left };
}

export interface AppFacts {
  /** Absent: deleted. */
  readonly standing: StandingApp | undefined;
  /** Of this rebuild's runs, the newest first. */
  readonly builds: readonly Build[];
  /** Of the app. */
  readonly releases: readonly Release[];
  readonly attempt: string;
  readonly nowMs: number;
}

export type AppStep =
  | { readonly action: "wait"; readonly app: RebuiltApp }
  | { readonly action: "start"; readonly source: Build }
  | { readonly action: "end"; readonly app: RebuiltApp };

/** What becomes of the app whose turn it is. */
export function nextAppStep(app: RebuiltApp, facts: AppFacts): AppStep {
  const { standing, builds, attempt } = facts;
  if (standing === undefined) return ended(app, "Done", "it has been deleted");
  const found = builds.find((each) => isOf(each, attempt) && !isInterrupted(each));
  if (found === undefined) {
    if (standing.build === undefined) return ended(app, "Done", "it has no build any more");
    return { action: "start", source: standing.build };
  }
  const build = found.metadata.name ?? "";
  const now = { ...app, build, startedAt: found.metadata.creationTimestamp, message: undefined };
  const { phase = "New", message = "no reason is known" } = found.status ?? {};
  if (phase === "Complete") return releaseStep(now, found, standing, facts);
  if (phase === "Failed" || phase === "Error" || phase === "Cancelled")
    return ended(now, "Failed", `build ${build}: ${message}`);
  return { action: "wait", app: { ...now, phase: "Building" } };
}

/** Of an app that has been built. */
function releaseStep(
  app: RebuiltApp,
  built: Build,
  { app: { spec = {} }, build: newest }: StandingApp,
  { releases, nowMs }: AppFacts,
): AppStep {
  const build = built.metadata.name;
  if (spec.image !== undefined) return ended(app, "Done", `built; it runs ${spec.image}`);
  if (spec.imageStreamTag !== undefined)
    return ended(app, "Done", `built; it follows ${spec.imageStreamTag}`);
  const release = releases.find((each) => each.spec.build === build);
  if (release === undefined && newest !== undefined && newest.metadata.name !== build)
    return ended(app, "Done", `a newer build, ${newest.metadata.name}, took its place`);
  const { phase = "Pending", message = "no reason is known" } = release?.status ?? {};
  const version = `v${release?.spec.version}`;
  if (phase === "Live" || phase === "Superseded") return ended(app, "Done", `release ${version} is live`);
  if (phase === "Held") return ended(app, "Done", `release ${version} is held: nagi cutover ${app.name}`);
  if (phase === "Failed") return ended(app, "Failed", `release ${version}: ${message}`);
  const builtMs = Date.parse(built.status?.completionTimestamp ?? app.startedAt ?? "");
  if (nowMs - builtMs > releaseMaxMs)
    return ended(app, "Failed", `there is no release of build ${build}: see nagi info ${app.name}`);
  return { action: "wait", app: { ...app, phase: "Releasing" } };
}

function ended(app: RebuiltApp, phase: "Done" | "Failed", message: string): AppStep {
  return { action: "end", app: { ...app, phase, message } };
}

function isOf({ metadata }: Build, attempt: string): boolean {
  return metadata.annotations?.[rebuildAnnotation] === attempt;
}

/** Killed with the platform in its middle, which says nothing of the app. */
function isInterrupted({ status }: Build): boolean {
  return status?.reason === "BuildInterrupted";
}

/** The rebuild with what became of the app, and its end where that is one. */
export function withApp(rebuild: RebuildStatus, app: RebuiltApp): RebuildStatus {
  const apps = (rebuild.apps ?? []).map((each) =>
    each.namespace === app.namespace && each.name === app.name ? app : each,
  );
  if (app.phase === "Failed") {
    const rest = apps.filter(({ phase }) => phase === "Waiting").map(({ name }) => name);
    const waiting = rest.length === 0 ? "" : `; not rebuilt yet: ${rest.join(", ")}`;
    return { ...rebuild, apps, phase: "Failed", message: `app ${app.name}: ${app.message}${waiting}` };
  }
  return { ...rebuild, apps };
}

/** The wish to go on: what failed has its turn again. */
export function continued(rebuild: RebuildStatus, continuedAt: string): RebuildStatus {
  const apps = rebuild.apps?.map((each) =>
    each.phase === "Failed"
      ? { namespace: each.namespace, name: each.name, phase: "Waiting" as const }
      : each,
  );
  return { requestedAt: rebuild.requestedAt, continuedAt, apps, phase: "Making" };
}
