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
import { createdByAnnotation, releaseName, rollbackAnnotation, webProcess } from "./names.ts";

/** On a release: the newest build that had been completed when it was made. */
export const buildMarkAnnotation = "nagi.dev/newest-build";
/** On a release: the image, port and commands that the app's spec asked for when it was made. */
export const wishMarkAnnotation = "nagi.dev/app-wishes";

export interface PlanInput {
  readonly app: App;
  /** Of the app's config secret. */
  readonly config: ConfigData;
  readonly builds: readonly Build[];
  readonly releases: readonly Release[];
  /** Of a release's secret; undefined when it is lost. */
  readonly configOf: (release: Release) => ConfigData | undefined;
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
  /** The rollback that was asked for is made (or cannot be): the app's config becomes this, and the wish is removed. */
  | {
      readonly action: "settle-rollback";
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

type Content = Pick<ReleaseSpec, "image" | "port" | "processes" | "build" | "commit" | "createdBy">;

export function planRelease(input: PlanInput): ReleasePlan {
  const { app, config, builds, releases } = input;
  const latest = newestRelease(releases);
  const wanted = app.metadata.annotations?.[rollbackAnnotation];
  if (wanted !== undefined) return planRollback(input, wanted, latest);

  const build = newestBuild(builds);
  const isNewBuild = build !== undefined && buildMark(build) > markOf(latest, buildMarkAnnotation);
  const wishes = wishesOf(app);
  const imageStays = wishes.image !== undefined && wishes.image === parseWishes(latest).image;
  if (imageStays && isNewBuild) return { action: "drop-image" };
  const content = chooseContent({ wishes, build, isNewBuild, latest, builds });
  if (content === undefined) return { action: "wait" };

  const name = app.metadata.name ?? "";
  const version = nextVersion(app, latest);
  const base = { app: name, version, ...content, configSecret: releaseName(name, version) };
  const latestConfig = latest === undefined ? undefined : input.configOf(latest);
  const description = describeChange({ next: base, config, latest: latest?.spec, latestConfig, isNewBuild });
  if (description === undefined) return { action: "none" };
  return {
    action: "create",
    release: { spec: { ...base, description }, config, annotations: marks(app, build) },
  };
}

function planRollback(input: PlanInput, wanted: string, latest: Release | undefined): ReleasePlan {
  const version = Number(wanted.replace(/^v/, ""));
  const target = input.releases.find(({ spec }) => spec.version === version);
  const config = target === undefined ? undefined : input.configOf(target);
  if (target === undefined || config === undefined || latest === undefined) {
    const problem = `cannot roll back to ${JSON.stringify(wanted)}: there is no such release`;
    return { action: "settle-rollback", config: undefined, problem };
  }
  const { app } = input;
  const next = nextVersion(app, latest);
  const { image, port, processes, build, commit } = target.spec;
  const base: ReleaseSpec = {
    app: target.spec.app,
    version: next,
    image,
    port,
    processes,
    build,
    commit,
    configSecret: releaseName(target.spec.app, next),
    createdBy: app.metadata.annotations?.[createdByAnnotation],
  };
  const difference = describeChange({
    next: base,
    config,
    latest: latest.spec,
    latestConfig: input.configOf(latest),
    isNewBuild: false,
  });
  if (difference === undefined) return { action: "settle-rollback", config, problem: undefined };
  const spec = { ...base, description: `Rollback to v${version}` };
  const release = { spec, config, annotations: marks(app, newestBuild(input.builds)) };
  return { action: "create", release };
}

interface Choice {
  readonly wishes: Wishes;
  readonly build: Build | undefined;
  readonly isNewBuild: boolean;
  readonly latest: Release | undefined;
  readonly builds: readonly Build[];
}

/** What came last wins: an image that was just asked for, a build that was just completed, what is released. */
function chooseContent({ wishes, build, isNewBuild, latest, builds }: Choice): Content | undefined {
  const before = parseWishes(latest);
  const imageChanged = (wishes.image ?? "") !== (before.image ?? "");
  if (imageChanged && wishes.image !== undefined) return imageContent(wishes.image, wishes);
  if (build !== undefined && (isNewBuild || imageChanged)) return buildContent(build, wishes);
  if (latest === undefined) return undefined;

  const { image, port, processes, build: from, commit, createdBy } = latest.spec;
  const kept = { image, port, processes, build: from, commit, createdBy };
  const origin = builds.find(({ metadata }) => from !== undefined && metadata.name === from);
  return {
    ...kept,
    // What the app's spec says counts when it changes, so that a rollback is not undone by what it always said.
    port: wishes.port === before.port ? port : (wishes.port ?? origin?.status?.port),
    processes: isJsonEqual(wishes.commands, before.commands)
      ? processes
      : withCommands(origin === undefined ? without(processes, before.commands) : fromBuild(origin), wishes),
  };
}

function imageContent(image: string, wishes: Wishes): Content {
  return { image, port: wishes.port, processes: withCommands({ [webProcess]: {} }, wishes) };
}

function buildContent(build: Build, wishes: Wishes): Content {
  const { metadata, spec, status } = build;
  return {
    image: status?.outputDockerImageReference ?? "",
    port: wishes.port ?? status?.port,
    processes: withCommands(fromBuild(build), wishes),
    build: metadata.name,
    commit: spec.revision?.git?.commit,
    createdBy: metadata.annotations?.[createdByAnnotation],
  };
}

/** An image without a Procfile has the one command that it starts with. */
function fromBuild({ status }: Build): Processes {
  const commands = Object.entries(status?.processes ?? {});
  if (commands.length === 0) return { [webProcess]: {} };
  return Object.fromEntries(commands.map(([name, command]) => [name, { command }]));
}

/** What the app says of a process type wins over the Procfile; a type of its own needs a command. */
function withCommands(processes: Processes, { commands }: Wishes): Processes {
  const own = Object.entries(commands).map(([name, command]) => [name, { command }] as const);
  return { ...processes, ...Object.fromEntries(own) };
}

/** Where the Procfile is not known any more: what is left without the app's own commands of then. */
function without(processes: Processes, commands: Wishes["commands"]): Processes {
  const rest = Object.entries(processes).filter(([name]) => !Object.hasOwn(commands, name));
  return { [webProcess]: {}, ...Object.fromEntries(rest) };
}

function wishesOf({ spec }: App): Wishes {
  const processes = Object.entries(spec?.processes ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const commands = processes.flatMap(([name, { command }]) =>
    command === undefined ? [] : [[name, command] as const],
  );
  const image = spec?.image === "" ? undefined : spec?.image;
  return { image, port: spec?.port, commands: Object.fromEntries(commands) };
}

function parseWishes(latest: Release | undefined): Wishes {
  const text = markOf(latest, wishMarkAnnotation);
  return { commands: {}, ...(text === "" ? {} : (JSON.parse(text) as Partial<Wishes>)) };
}

function markOf(release: Release | undefined, annotation: string): string {
  return release?.metadata.annotations?.[annotation] ?? "";
}

function marks(app: App, build: Build | undefined): Record<string, string> {
  return {
    [wishMarkAnnotation]: JSON.stringify(wishesOf(app)),
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

function newestBuild(builds: readonly Build[]): Build | undefined {
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
