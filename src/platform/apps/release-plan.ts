/**
 * When an app gets a new release, and of what. Pure: it looks at the app, its config, its builds and its releases,
 * and says which release comes next, if any.
 *
 * What must stay true, whatever crashes between the steps: one cause makes one release. A cause leaves its mark on
 * the release that it made: the newest build considered, the image that the app asked for; everything else is a
 * difference between what is wanted and what the newest release has, and is gone once that has been made.
 */

import { isJsonEqual } from "../../model/json.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release, ReleaseSpec } from "../../model/kinds/nagi/release/release.ts";
import { describeChange, type ConfigData } from "./release-text.ts";
import {
  createdByAnnotation,
  holdAnnotation,
  pushedByAnnotation,
  releaseName,
  retryAnnotation,
  retryOfAnnotation,
  rollbackAnnotation,
  servedProcesses,
  webProcess,
} from "./names.ts";

/** On a release: the newest build that had been completed when it was made. */
export const buildMarkAnnotation = "nagi.dev/newest-build";
/** On a release: the image, port and commands that the app's spec asked for when it was made. */
export const wishMarkAnnotation = "nagi.dev/app-wishes";

export interface PlanInput {
  readonly app: App;
  /** Of the app's config secret. */
  readonly config: ConfigData;
  /** Who changed it last. */
  readonly configBy?: string | undefined;
  /** Names of the config vars that are add-ons': credentials are those of now, also of an older release. */
  readonly addonVars?: readonly string[] | undefined;
  readonly builds: readonly Build[];
  /** The image of the tag that the app follows. */
  readonly followed?: FollowedImage | undefined;
  readonly releases: readonly Release[];
  /** Of a release's secret; undefined when it is lost. */
  readonly configOf: (release: Release) => ConfigData | undefined;
}

export interface FollowedImage {
  /** By digest. */
  readonly image: string;
  readonly digest: string;
  /** That made the image, if it is known: it says how the image is run. */
  readonly build: Build | undefined;
}

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

/** What an app's spec says of its releases. */
interface Wishes {
  readonly image?: string | undefined;
  readonly port?: number | undefined;
  readonly commands: Readonly<Record<string, string>>;
}

type Processes = ReleaseSpec["processes"];

type Content = Pick<
  ReleaseSpec,
  | "image"
  | "imageDigest"
  | "port"
  | "processes"
  | "cron"
  | "launcher"
  | "build"
  | "commit"
  | "postDeploy"
  | "createdBy"
  | "cause"
>;

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
}: Omit<Choice, "input" | "wishes"> & { app: App }): Pick<ReleaseSpec, "hold"> {
  const { annotations } = app.metadata;
  const isAsked =
    annotations?.[holdAnnotation] === `v${nextVersion(app, latest)}` ||
    (isNewBuild && build?.metadata.annotations?.[holdAnnotation] !== undefined);
  // What changes a release that is held does not make its code live.
  const isOfHeld =
    base?.spec.hold === true && base.status?.phase !== "Live" && base.status?.phase !== "Superseded";
  return isAsked || isOfHeld || app.spec?.deploy?.strategy === "blue-green" ? { hold: true } : {};
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

interface Choice {
  readonly input: PlanInput;
  readonly wishes: Wishes;
  readonly build: Build | undefined;
  readonly isNewBuild: boolean;
  readonly latest: Release | undefined;
  readonly base: Release | undefined;
}

/** What came last wins: an image that was just asked for, a build that was just completed, what is released. */
function chooseContent({ input, wishes, build, isNewBuild, latest, base }: Choice): Content | undefined {
  const { app, builds } = input;
  const before = parseWishes(latest);
  const imageChanged = (wishes.image ?? "") !== (before.image ?? "");
  if (imageChanged && wishes.image !== undefined) return wishedContent(wishes.image, wishes, input);
  if (build !== undefined && (isNewBuild || imageChanged)) return buildContent(build, wishes, input);
  if (base === undefined) return undefined;

  const { image, imageDigest, port, processes, cron, launcher, build: from } = base.spec;
  const { commit, postDeploy } = base.spec;
  const kept = { image, imageDigest, port, processes, cron, launcher, build: from, commit };
  const origin = builds.find(({ metadata }) => from !== undefined && metadata.name === from);
  const baseConfig = input.configOf(base);
  const isConfig = baseConfig !== undefined && !isJsonEqual(baseConfig, input.config);
  return {
    ...kept,
    // What the app's spec says counts when it changes, so that a rollback is not undone by what it always said.
    port: wishes.port === before.port ? port : (wishes.port ?? origin?.status?.port),
    processes: isJsonEqual(wishes.commands, before.commands)
      ? processes
      : withCommands(origin === undefined ? without(processes, before.commands) : fromBuild(origin), wishes),
    postDeploy: hasLived(input) ? undefined : postDeploy,
    cause: isConfig ? "config set" : "app changed",
    createdBy: isConfig ? input.configBy : app.metadata.annotations?.[createdByAnnotation],
  };
}

/** What app.json wants done once is done with the first release that serves. */
function hasLived({ app, releases }: PlanInput): boolean {
  return app.status?.currentRelease !== undefined || releases.some(({ status }) => status?.phase === "Live");
}

function imageContent(image: string, wishes: Wishes, app: App): Content {
  return {
    image,
    port: wishes.port,
    processes: withCommands({ [webProcess]: {} }, wishes),
    cause: `image ${image}`,
    createdBy: app.metadata.annotations?.[createdByAnnotation],
  };
}

function wishedContent(image: string, wishes: Wishes, { app, followed }: PlanInput): Content {
  const isFollowed = app.spec?.imageStreamTag !== undefined && followed?.image === image;
  return isFollowed ? followedContent(followed, wishes, app) : imageContent(image, wishes, app);
}

/** An image that a build made runs as that build says, whichever tag it came by. */
function followedContent({ image, digest, build }: FollowedImage, wishes: Wishes, app: App): Content {
  const content = imageContent(image, wishes, app);
  const { name, annotations } = build?.metadata ?? {};
  return {
    ...content,
    imageDigest: digest,
    ...(build === undefined
      ? {}
      : {
          port: wishes.port ?? build.status?.port,
          processes: withCommands(fromBuild(build), wishes),
          cron: build.status?.manifest?.cron,
          launcher: build.status?.launcher,
          build: name,
          commit: build.spec.revision?.git?.commit,
        }),
    cause: `tag ${app.spec?.imageStreamTag}`,
    createdBy: annotations?.[pushedByAnnotation] ?? content.createdBy,
  };
}

function buildContent(build: Build, wishes: Wishes, input: PlanInput): Content {
  const { metadata, spec, status } = build;
  const commit = spec.revision?.git?.commit;
  const { annotations } = metadata;
  return {
    image: status?.outputDockerImageReference ?? "",
    imageDigest: status?.output?.to?.imageDigest,
    port: wishes.port ?? status?.port,
    processes: withCommands(fromBuild(build), wishes),
    cron: status?.manifest?.cron,
    launcher: status?.launcher,
    build: metadata.name,
    commit,
    postDeploy: hasLived(input) ? undefined : status?.manifest?.postdeploy,
    cause: commit === undefined ? `build ${metadata.name}` : `push ${commit.slice(0, 7)}`,
    createdBy: annotations?.[createdByAnnotation] ?? annotations?.[pushedByAnnotation],
  };
}

/** An image without a Procfile has the one command that it starts with; a release phase alone is no process. */
function fromBuild({ status }: Build): Processes {
  const commands = Object.entries(status?.processes ?? {});
  const checks = status?.manifest?.healthchecks ?? {};
  const own = (name: string): Processes[string] => {
    const found = checks[name];
    return found === undefined ? {} : { checks: found };
  };
  const processes = Object.fromEntries(commands.map(([name, command]) => [name, { command, ...own(name) }]));
  return servedProcesses(processes).length === 0
    ? { [webProcess]: own(webProcess), ...processes }
    : processes;
}

/** What the app says of a process type wins over the Procfile; a type of its own needs a command. */
function withCommands(processes: Processes, { commands }: Wishes): Processes {
  const own = Object.entries(commands).map(
    ([name, command]) => [name, { ...processes[name], command }] as const,
  );
  return { ...processes, ...Object.fromEntries(own) };
}

/** Where the Procfile is not known any more: what is left without the app's own commands of then. */
function without(processes: Processes, commands: Wishes["commands"]): Processes {
  const rest = Object.entries(processes).filter(([name]) => !Object.hasOwn(commands, name));
  return { [webProcess]: {}, ...Object.fromEntries(rest) };
}

/** A tag that points nowhere changes nothing. */
function wishesOf({ app: { spec }, followed }: PlanInput, latest: Release | undefined): Wishes {
  const processes = Object.entries(spec?.processes ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const commands = processes.flatMap(([name, { command }]) =>
    command === undefined ? [] : [[name, command] as const],
  );
  const own = spec?.image === "" ? undefined : spec?.image;
  const image = spec?.imageStreamTag === undefined ? own : (followed?.image ?? parseWishes(latest).image);
  return { image, port: spec?.port, commands: Object.fromEntries(commands) };
}

function parseWishes(latest: Release | undefined): Wishes {
  const text = markOf(latest, wishMarkAnnotation);
  return { commands: {}, ...(text === "" ? {} : (JSON.parse(text) as Partial<Wishes>)) };
}

function markOf(release: Release | undefined, annotation: string): string {
  return release?.metadata.annotations?.[annotation] ?? "";
}

function marks(wishes: Wishes, build: Build | undefined): Record<string, string> {
  return {
    [wishMarkAnnotation]: JSON.stringify(wishes),
    ...(build === undefined ? {} : { [buildMarkAnnotation]: buildMark(build) }),
  };
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

export function newestBuild(builds: readonly Build[]): Build | undefined {
  const usable = builds.filter(
    ({ status }) => status?.phase === "Complete" && (status.outputDockerImageReference ?? "") !== "",
  );
  return usable.toSorted((a, b) => (buildMark(a) < buildMark(b) ? 1 : -1))[0];
}

/** Grows with the order in which builds were asked for; numbers in names are padded so that they compare. */
function buildMark({ metadata }: Build): string {
  const name = (metadata.name ?? "").replace(/\d+/g, (digits) => digits.padStart(9, "0"));
  return `${metadata.creationTimestamp} ${name}`;
}
