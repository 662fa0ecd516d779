/**
 * What a release is of: the image that was asked for, the build that was completed last, or what is released already;
 * and the marks by which the next one knows what was considered. Pure.
 */

import { webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import { isJsonEqual } from "../../model/json.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release, ReleaseSpec } from "../../model/kinds/nagi/release/release.ts";
import { createdByAnnotation, pushedByAnnotation, servedProcesses } from "./names.ts";
import type { ConfigData } from "./release-text.ts";

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

export interface Choice {
  readonly input: PlanInput;
  readonly wishes: Wishes;
  readonly build: Build | undefined;
  readonly isNewBuild: boolean;
  readonly latest: Release | undefined;
  readonly base: Release | undefined;
}

/** What came last wins: an image that was just asked for, a build that was just completed, what is released. */
export function chooseContent({
  input,
  wishes,
  build,
  isNewBuild,
  latest,
  base,
}: Choice): Content | undefined {
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
export function wishesOf({ app: { spec }, followed }: PlanInput, latest: Release | undefined): Wishes {
  const processes = Object.entries(spec?.processes ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const commands = processes.flatMap(([name, { command }]) =>
    command === undefined ? [] : [[name, command] as const],
  );
  const own = spec?.image === "" ? undefined : spec?.image;
  const image = spec?.imageStreamTag === undefined ? own : (followed?.image ?? parseWishes(latest).image);
  return { image, port: spec?.port, commands: Object.fromEntries(commands) };
}

export function parseWishes(latest: Release | undefined): Wishes {
  const text = markOf(latest, wishMarkAnnotation);
  return { commands: {}, ...(text === "" ? {} : (JSON.parse(text) as Partial<Wishes>)) };
}

export function markOf(release: Release | undefined, annotation: string): string {
  return release?.metadata.annotations?.[annotation] ?? "";
}

export function marks(wishes: Wishes, build: Build | undefined): Record<string, string> {
  return {
    [wishMarkAnnotation]: JSON.stringify(wishes),
    ...(build === undefined ? {} : { [buildMarkAnnotation]: buildMark(build) }),
  };
}

export function newestBuild(builds: readonly Build[]): Build | undefined {
  const usable = builds.filter(
    ({ status }) => status?.phase === "Complete" && (status.outputDockerImageReference ?? "") !== "",
  );
  return usable.toSorted((a, b) => (buildMark(a) < buildMark(b) ? 1 : -1))[0];
}

/** Grows with the order in which builds were asked for; numbers in names are padded so that they compare. */
export function buildMark({ metadata }: Build): string {
  const name = (metadata.name ?? "").replace(/\d+/g, (digits) => digits.padStart(9, "0"));
  return `${metadata.creationTimestamp} ${name}`;
}
