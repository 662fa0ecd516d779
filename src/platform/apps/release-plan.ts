/**
 * When an app gets a new release, and of what. Pure: it looks at the app, its config, its builds and its releases,
 * and says which release comes next, if any.
 *
 * What must stay true, whatever crashes between the steps: one cause makes one release. A cause leaves its mark on
 * the release that it made: the newest build considered, the image that the app asked for; everything else is a
 * difference between what is wanted and what the newest release has, and is gone once that has been made.
 */

import { isJsonEqual } from "../../model/json.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release, ReleaseSpec } from "../../model/kinds/nagi/release/release.ts";
import {
  buildMark,
  buildMarkAnnotation,
  chooseContent,
  markOf,
  marks,
  newestBuild,
  parseWishes,
  wishesOf,
  type Choice,
  type PlanInput,
} from "./release-content.ts";
import { describeChange, type ConfigData } from "./release-text.ts";
import {
  createdByAnnotation,
  holdAnnotation,
  releaseName,
  retryAnnotation,
  retryOfAnnotation,
  rollbackAnnotation,
} from "./names.ts";

export interface NewRelease {
  readonly spec: ReleaseSpec;
  readonly config: ConfigData;
  readonly annotations: Readonly<Record<string, string>>;
}

export type ReleasePlan =
  | { readonly action: "none" }
  /** There is nothing yet that could be released. */
  | { readonly action: "wait" }
  /** A build came after the image that was asked for: that wish is over, and leaves the app's spec first. */
  | { readonly action: "drop-image" }
  | { readonly action: "create"; readonly release: NewRelease }
  /** A release failed and the one before goes on: the app's config vars become those of what runs. */
  | { readonly action: "restore-config"; readonly failed: Release; readonly config: ConfigData }
  /** The wish on the app is done (or cannot be): the app's config becomes this, and the wish is removed. */
  | {
      readonly action: "settle";
      readonly wish: typeof rollbackAnnotation | typeof retryAnnotation;
      readonly config: ConfigData | undefined;
      readonly problem: string | undefined;
    };

export function planRelease(input: PlanInput): ReleasePlan {
  const { app, config, builds, releases } = input;
  const latest = newestRelease(releases);
  const base = baseOf(releases);
  const wanted = app.metadata.annotations?.[rollbackAnnotation];
  if (wanted !== undefined) return planRollback(input, wanted);
  const retried = app.metadata.annotations?.[retryAnnotation];
  if (retried !== undefined) return planRetry(input, retried);
  const restore = planRestore(input, latest, base);
  if (restore !== undefined) return restore;

  const build = newestBuild(builds);
  const isFollowing = app.spec?.imageStreamTag !== undefined;
  const isNewBuild =
    !isFollowing && build !== undefined && buildMark(build) > markOf(latest, buildMarkAnnotation);
  const wishes = wishesOf(input, latest);
  const imageStays = wishes.image !== undefined && wishes.image === parseWishes(latest).image;
  if (imageStays && isNewBuild) return { action: "drop-image" };
  const content = chooseContent({ input, wishes, build, isNewBuild, latest, base });
  if (content === undefined) return { action: "wait" };

  const next = { ...nextSpec(app, latest), ...content, ...held({ app, build, isNewBuild, latest, base }) };
  const latestConfig = base === undefined ? undefined : input.configOf(base);
  const description = describeChange({ next, config, latest: base?.spec, latestConfig, isNewBuild });
  if (description === undefined) return { action: "none" };
  return {
    action: "create",
    release: { spec: { ...next, description }, config, annotations: marks(wishes, build) },
  };
}

/**
 * What the next release changes: the newest release, or, when that failed, the live one that goes on. What failed
 * is not tried again with the next change of something else.
 */
function baseOf(releases: readonly Release[]): Release | undefined {
  const latest = newestRelease(releases);
  if (latest?.status?.phase !== "Failed") return latest;
  return newestRelease(releases.filter(({ status }) => status?.phase === "Live")) ?? latest;
}

function planRestore(
  { config, configOf }: PlanInput,
  latest: Release | undefined,
  base: Release | undefined,
): ReleasePlan | undefined {
  if (latest === undefined || base === undefined || latest === base) return undefined;
  if (latest.status?.configRestored === true) return undefined;
  const [failed, good] = [configOf(latest), configOf(base)];
  if (failed === undefined || good === undefined || isJsonEqual(failed, good)) return undefined;
  if (!isJsonEqual(failed, config)) return undefined;
  return { action: "restore-config", failed: latest, config: good };
}

function planRollback(input: PlanInput, wanted: string): ReleasePlan {
  const { app, releases, configOf } = input;
  const version = Number(wanted.replace(/^v/, ""));
  const [latest, base] = [newestRelease(releases), baseOf(releases)];
  const target = releases.find(({ spec }) => spec.version === version);
  const config = target === undefined ? undefined : withAddonVars(input, configOf(target));
  const wish = rollbackAnnotation;
  if (target === undefined || config === undefined || base === undefined) {
    const problem = `cannot roll back to ${JSON.stringify(wanted)}: there is no such release`;
    return { action: "settle", wish, config: undefined, problem };
  }
  const next = {
    ...copiedSpec(app, latest, target),
    cause: `rollback to v${version}`,
    createdBy: app.metadata.annotations?.[createdByAnnotation],
  };
  const difference = describeChange({
    next,
    config,
    latest: base.spec,
    latestConfig: configOf(base),
    isNewBuild: false,
  });
  if (difference === undefined) return { action: "settle", wish, config, problem: undefined };
  const spec = { ...next, description: `Rollback to v${version}` };
  const annotations = marks(wishesOf(input, latest), newestBuild(input.builds));
  const release = { spec, config, annotations };
  return { action: "create", release };
}

function withAddonVars(
  { config, addonVars = [] }: PlanInput,
  older: ConfigData | undefined,
): ConfigData | undefined {
  if (older === undefined) return undefined;
  const own = Object.entries(config).filter(([name]) => addonVars.includes(name));
  return { ...older, ...Object.fromEntries(own) };
}

/** The newest release once more, its release phase included. */
function planRetry(input: PlanInput, wanted: string): ReleasePlan {
  const { app, releases } = input;
  const latest = newestRelease(releases);
  const config = latest === undefined ? undefined : withAddonVars(input, input.configOf(latest));
  const wish = retryAnnotation;
  if (latest !== undefined && markOf(latest, retryOfAnnotation) === wanted)
    return { action: "settle", wish, config, problem: undefined };
  const no = (why: string): ReleasePlan => {
    return { action: "settle", wish, config: undefined, problem: `cannot retry ${wanted}: ${why}` };
  };
  if (latest === undefined || config === undefined || `v${latest.spec.version}` !== wanted)
    return no("it is not the newest release");
  if (latest.status?.phase !== "Failed") return no("it has not failed");
  const spec = {
    ...copiedSpec(app, latest, latest),
    ...(latest.spec.hold === true ? { hold: true } : {}),
    description: `Retry of ${wanted}`,
    cause: `retry of ${wanted}`,
    createdBy: app.metadata.annotations?.[createdByAnnotation],
  };
  const annotations = {
    ...marks(wishesOf(input, latest), newestBuild(input.builds)),
    [retryOfAnnotation]: wanted,
  };
  return { action: "create", release: { spec, config, annotations } };
}

/** A rollback is never held: it is the quick way back. */
function held({
  app,
  build,
  isNewBuild,
  latest,
  base,
}: Omit<Choice, "input" | "wishes"> & { app: App }): Pick<ReleaseSpec, "hold" | "canary"> {
  const { annotations } = app.metadata;
  const isAsked =
    annotations?.[holdAnnotation] === `v${nextVersion(app, latest)}` ||
    (isNewBuild && build?.metadata.annotations?.[holdAnnotation] !== undefined);
  // What changes a release that is held does not make its code live.
  const isOfHeld =
    base?.spec.hold === true && base.status?.phase !== "Live" && base.status?.phase !== "Superseded";
  const strategy = app.spec?.deploy?.strategy;
  if (strategy === "canary" && !isAsked) return { hold: true, canary: true };
  return isAsked || isOfHeld || strategy === "blue-green" ? { hold: true } : {};
}

/** What every new release of the app has. */
function nextSpec(
  app: App,
  latest: Release | undefined,
): Pick<ReleaseSpec, "app" | "version" | "configSecret" | "releaseTimeoutSeconds"> {
  const name = app.metadata.name ?? "";
  const version = nextVersion(app, latest);
  const { releaseTimeoutSeconds } = app.spec ?? {};
  return { app: name, version, configSecret: releaseName(name, version), releaseTimeoutSeconds };
}

function copiedSpec(app: App, latest: Release | undefined, { spec }: Release): ReleaseSpec {
  const { image, imageDigest, port, processes, cron, launcher, build, commit, postDeploy } = spec;
  const content = { image, imageDigest, port, processes, cron, launcher, build, commit, postDeploy };
  return { ...nextSpec(app, latest), ...content };
}

/** A version is given out once, even when releases have been deleted. */
function nextVersion(app: App, latest: Release | undefined): number {
  return 1 + Math.max(app.status?.latestVersion ?? 0, latest?.spec.version ?? 0);
}

export function newestRelease(releases: readonly Release[]): Release | undefined {
  return releases.reduce<Release | undefined>(
    (newest, release) =>
      newest === undefined || release.spec.version > newest.spec.version ? release : newest,
    undefined,
  );
}
