import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import { findCondition } from "../../../conditions.ts";
import { duplicates, invalidIf, type FieldError } from "../../../field-error.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  map,
  object,
  oneOf,
  required,
  string,
  type Infer,
} from "../../../schema.ts";
import { localObjectReference } from "../../core/references.ts";
import { checkDomain } from "./app-domain.ts";
import { checkAppName, checkImage } from "../app-names.ts";
import { checkBuildpack } from "../buildpack-url.ts";
import { checkTagName } from "../../image/tag-names.ts";
import { checkGitUrl, shownGitUrl } from "../../../../lib/git/git-url.ts";
import { languageNames } from "../languages.ts";
import { buildErrors, buildLimits, dockerfileOptions } from "./dockerfile-options.ts";
import { checkPlatformRef } from "../platform/platform-ref.ts";
import { checkBranch, checkSourceDirectory } from "../source-path.ts";
import { appCron, cronErrors } from "./app-cron.ts";
import { appDeploy, deployErrors } from "./app-deploy.ts";
import { appPlacement, placementErrors } from "./app-placement.ts";
import { appProcess, processErrors } from "./app-process.ts";
import { appVolume, volumeErrors } from "./app-volumes.ts";

const buildpack = object(
  "A buildpack.",
  { url: required(string("Where it is: a git repository or an archive, or a directory of the source.")) },
  { name: "dev.nagi.v1.Buildpack" },
);

const wantedAddon = object(
  "An add-on that the app's app.json asks for.",
  {
    plan: required(string("The add-on and its plan, for instance postgresql:small.")),
    as: string("Prefix of its config vars."),
  },
  { name: "dev.nagi.v1.WantedAddon" },
);

const appBuilder = object(
  "A source-to-image builder.",
  {
    image: required(
      string(
        "Its image: a tag of an image stream, for instance perl-builder:latest, or an image of a registry.",
      ),
    ),
    incremental: boolean(
      "Whether builds start from what the last one saved, where the builder saves artifacts.",
    ),
  },
  { name: "dev.nagi.v1.AppBuilder" },
);

const appGitSource = object(
  "A git repository elsewhere.",
  {
    uri: required(string("Address: https://host/path or git@host:path.")),
    ref: string("Branch, tag or commit that is built; the repository's default branch when absent."),
    secretRef: localObjectReference,
  },
  { name: "dev.nagi.v1.AppGitSource" },
);

const appSource = object(
  "Where the app's source is, and how it is built.",
  {
    git: appGitSource,
    contextDir: string("Directory that is built, of a repository with several apps; the root when absent."),
    platform: string(
      "Platform that it is built on, such as python, or a version of one, such as python:v2; found out when absent.",
      { check: checkPlatformRef },
    ),
    language: oneOf([...languageNames, "dockerfile"], "What the source is built as; found out when absent."),
    dockerfile: dockerfileOptions,
    builder: appBuilder,
    limits: buildLimits,
  },
  { name: "dev.nagi.v1.AppSource" },
);

const appSpec = object(
  "What the app should be.",
  {
    image: string("Image that is deployed, instead of one that is built from source."),
    imageStreamTag: string(
      "Tag that the app follows, for instance shop:prod: each time it moves, its image is released. Wins over image and builds.",
    ),
    port: integer("Port that web listens on and finds in PORT.", { min: 1, max: 65_535 }),
    processes: map(appProcess, "How process types run, by name."),
    volumes: array(appVolume, "Volumes that outlive the app's processes."),
    placement: appPlacement,
    deploy: appDeploy,
    cron: map(appCron, "Commands that run at the times of a schedule, by name."),
    domains: array(
      string("Host, with *. before it for all names below, or with a path behind it."),
      "Further hosts that lead to the app.",
      { mergeKey: "" },
    ),
    branch: string("Branch whose push deploys; main or master when absent."),
    buildpacks: array(
      buildpack,
      "Buildpacks that build the app, in this order, instead of what detection finds.",
    ),
    addons: array(wantedAddon, "Add-ons that the app asks for: they are made before its first release."),
    startTimeoutSeconds: integer(
      "How long the processes of a release may take to get ready without any progress; 120 when absent.",
      { min: 1 },
    ),
    releaseTimeoutSeconds: integer("How long a release phase may take; 600 when absent.", { min: 1 }),
    releaseHistoryLimit: integer(
      "How many releases are kept, with their images, to go back to; 20 when absent. The live one is always kept.",
      { min: 1 },
    ),
    logMaxMegabytes: integer("How much of the app's lines is kept, compressed; 50 when absent.", {
      min: 5,
      max: 100_000,
    }),
    logMaxDays: integer("How long the app's lines are kept; 7 when absent.", { min: 1, max: 3650 }),
    source: appSource,
  },
  { name: "dev.nagi.v1.AppSpec" },
);
export interface AppSpec extends Infer<typeof appSpec> {}

const processStatus = object(
  "What runs of a process type.",
  {
    desired: required(integer("How many should run.")),
    ready: required(integer("How many are ready, and have been for so long that they count.")),
    problem: string("Why one does not get ready, where waiting longer will not help."),
  },
  { name: "dev.nagi.v1.AppProcessStatus" },
);

const appStatus = object(
  "What the app is, as last seen.",
  {
    url: string("Where the app answers."),
    gitPath: string("Path of the app's git repository on the platform."),
    currentRelease: string("Name of the release that is live."),
    image: string("Image of the release that is live."),
    latestVersion: integer("Number of the newest release."),
    conditions: array(condition, "Aspects of the app: Ready, Released.", { mergeKey: "type" }),
    processes: map(processStatus, "What runs, by process type."),
  },
  { name: "dev.nagi.v1.AppStatus" },
);
export interface AppStatus extends Infer<typeof appStatus> {}

const fields = { spec: appSpec, status: appStatus };
const schema = object("", fields);
export interface App extends KubeObject, Infer<typeof schema> {}

/** `v3` for the release `hello-v3`: the app's name says nothing new. */
function releaseCell(appName: string, release: string): string {
  return release.startsWith(`${appName}-`) ? release.slice(appName.length + 1) : release;
}

function processesCell({ status }: App): string {
  const entries = Object.entries(status?.processes ?? {});
  // web first, as it is what people look for.
  entries.sort(([a], [b]) => Number(b === "web") - Number(a === "web") || (a < b ? -1 : 1));
  return entries.map(([name, { ready, desired }]) => `${name}=${ready}/${desired}`).join(",");
}

function gitSourceErrors({ uri, ref }: NonNullable<NonNullable<AppSpec["source"]>["git"]>): FieldError[] {
  return [
    ...invalidIf(checkGitUrl(uri), "spec.source.git.uri", shownGitUrl(uri)),
    ...(ref === undefined ? [] : invalidIf(checkBranch(ref), "spec.source.git.ref", ref)),
  ];
}

function appErrors({
  image,
  imageStreamTag,
  processes = {},
  cron = {},
  deploy = {},
  placement = {},
  volumes = [],
  domains = [],
  branch,
  source = {},
  buildpacks = [],
}: AppSpec): FieldError[] {
  const { contextDir, git, builder } = source;
  return [
    ...(git === undefined ? [] : gitSourceErrors(git)),
    ...buildErrors(source, "spec.source"),
    ...buildpacks.flatMap(({ url }, index) =>
      invalidIf(checkBuildpack(url), `spec.buildpacks[${index}].url`, shownGitUrl(url)),
    ),
    ...(builder === undefined
      ? []
      : invalidIf(checkImage(builder.image), "spec.source.builder.image", builder.image)),
    ...(branch === undefined ? [] : invalidIf(checkBranch(branch), "spec.branch", branch)),
    ...(contextDir === undefined
      ? []
      : invalidIf(checkSourceDirectory(contextDir), "spec.source.contextDir", contextDir)),
    ...(image === undefined ? [] : invalidIf(checkImage(image), "spec.image", image)),
    ...(imageStreamTag === undefined
      ? []
      : invalidIf(checkTagName(imageStreamTag), "spec.imageStreamTag", imageStreamTag)),
    ...Object.entries(processes).flatMap(([name, process]) => processErrors(name, process)),
    ...Object.entries(cron).flatMap(([name, entry]) => cronErrors(name, entry)),
    ...placementErrors(placement),
    ...deployErrors(deploy),
    ...volumeErrors(volumes, processes),
    ...domains.flatMap((domain, index) => invalidIf(checkDomain(domain), `spec.domains[${index}]`, domain)),
    ...duplicates(domains, (index) => `spec.domains[${index}]`),
  ];
}

export const app = defineKind<App>({
  group: "nagi.dev",
  version: "v1",
  kind: "App",
  plural: "apps",
  categories: ["all"],
  description: "An app: pushed as source or given as an image, released, run and given a URL.",
  fields,
  checkName: checkAppName,
  columns: [
    {
      name: "URL",
      type: "string",
      description: "Where the app answers.",
      value: ({ status }) => status?.url ?? "",
    },
    {
      name: "Release",
      type: "string",
      description: "The release that is live.",
      value: ({ metadata, status }) => releaseCell(metadata.name ?? "", status?.currentRelease ?? ""),
    },
    { name: "Processes", type: "string", description: "What runs: ready of wanted.", value: processesCell },
    {
      name: "Ready",
      type: "string",
      description: "Whether all is running that should.",
      value: ({ status }) => findCondition(status?.conditions, "Ready")?.status ?? "Unknown",
    },
    {
      name: "Image",
      type: "string",
      priority: 1,
      description: "Image that is live; else the one that is to be deployed.",
      value: ({ spec, status }) => orNone(status?.image ?? spec?.image),
    },
    {
      name: "Reason",
      type: "string",
      priority: 1,
      description: "Why it is not ready.",
      value: ({ status }) => {
        const ready = findCondition(status?.conditions, "Ready");
        return ready?.status === "True" ? "" : (ready?.message ?? ready?.reason ?? "");
      },
    },
  ],
  validate: ({ spec }) => appErrors(spec ?? {}),
  subresources: [{ name: "log", verbs: ["get"] }],
});
