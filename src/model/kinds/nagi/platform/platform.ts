import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import { findCondition } from "../../../conditions.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { checkDnsLabel } from "../../../names.ts";
import {
  array,
  boolean,
  integer,
  object,
  oneOf,
  required,
  string,
  time,
  type Infer,
} from "../../../schema.ts";
import { recipeErrors, recipeFiles } from "./recipe-files.ts";

/** Set by whoever needs the image: platforms that are made on demand are made then. */
export const wantedAnnotation = "nagi.dev/wanted-at";

/** Aspect of a platform: whether its image is what its recipe says. */
export const upToDate = "UpToDate";

const rebuildWish = object(
  "The wish that the platform is made anew, and then the apps that stand on it.",
  {
    requestedAt: required(time("When it was wished.")),
    continuedAt: time("When it was last wished to go on after a failure."),
  },
  { name: "dev.nagi.v1.PlatformRebuild" },
);

const platformSpec = object(
  "What the base image should be.",
  {
    files: recipeFiles,
    rebuild: rebuildWish,
    checkedAt: time("When it was last asked to look at the recipe again."),
    disabled: boolean("Whether builds may not use the platform."),
  },
  { name: "dev.nagi.v1.PlatformSpec" },
);

const program = object(
  "A program of the image.",
  { name: string("Name."), version: string("Version.") },
  { name: "dev.nagi.v1.PlatformProgram" },
);

const madeVersion = object(
  "An image that was made.",
  {
    version: required(integer("Its number.", { min: 1 })),
    image: required(string("The base image.")),
    recipeHash: required(string("Hash of what the image was made from.")),
    sizeBytes: integer("Size of the image."),
    madeAt: time("When the image was made."),
    programs: array(program, "Programs of the image that apps care about.", { mergeKey: "name" }),
  },
  { name: "dev.nagi.v1.PlatformVersion" },
);
export type MadeVersion = Infer<typeof madeVersion>;

const rebuiltApp = object(
  "An app that is built on the new version.",
  {
    namespace: required(string("Namespace.")),
    name: required(string("Name.")),
    phase: required(oneOf(["Waiting", "Building", "Releasing", "Done", "Failed"], "How far it is.")),
    build: string("Its build on the new version."),
    startedAt: time("When its build was started."),
    message: string("Why it is in this phase."),
  },
  { name: "dev.nagi.v1.RebuiltApp" },
);
export type RebuiltApp = Infer<typeof rebuiltApp>;

const rebuildStatus = object(
  "How far the last rebuild is.",
  {
    requestedAt: required(time("The wish that it answers.")),
    continuedAt: time("The wish to go on that it answers."),
    phase: required(oneOf(["Making", "Apps", "Complete", "Failed"], "How far it is.")),
    message: string("Why it is in this phase."),
    apps: array(rebuiltApp, "The apps that stand on the platform, in the order of their turns."),
  },
  { name: "dev.nagi.v1.PlatformRebuildStatus" },
);
export type RebuildStatus = Infer<typeof rebuildStatus>;

const platformStatus = object(
  "What the platform is, as last seen.",
  {
    phase: oneOf(["Pending", "Building", "Ready", "Failed"], "How far the base image is."),
    message: string("Why it is in this phase."),
    observedGeneration: integer("Generation of the spec that was last acted on."),
    builtIn: boolean("Whether a recipe of that name comes with Nagi."),
    from: string("Platform that it stands on."),
    image: string("The base image."),
    version: integer("Number of the version that the image is of."),
    language: string("Language whose apps are built on it; its own name when absent."),
    recipeHash: string("Hash of what the image was made from."),
    failedHash: string("Hash of what the last try that failed was to be made from."),
    sizeBytes: integer("Size of the image."),
    builtAt: time("When the image was made."),
    versions: array(program, "Programs of the image that apps care about.", { mergeKey: "name" }),
    history: array(madeVersion, "The versions that are kept, the newest first.", {
      mergeKey: "version",
    }),
    rebuild: rebuildStatus,
    conditions: array(condition, "Aspects of the platform: Ready, UpToDate.", { mergeKey: "type" }),
  },
  { name: "dev.nagi.v1.PlatformStatus" },
);

const fields = { spec: platformSpec, status: platformStatus };
const schema = object("", fields);
export interface Platform extends KubeObject, Infer<typeof schema> {}

function statusCell({ spec, status }: Platform): string {
  if (spec?.disabled === true) return "Disabled";
  const phase = status?.phase ?? "Pending";
  const reason = findCondition(status?.conditions, upToDate)?.reason;
  return phase === "Ready" && reason?.endsWith("Failed") === true ? "Ready (update failed)" : phase;
}

export const platform = defineKind<Platform>({
  group: "nagi.dev",
  version: "v1",
  kind: "Platform",
  plural: "platforms",
  namespaced: false,
  description: "A base image that apps are built on.",
  fields,
  checkName: checkDnsLabel,
  columns: [
    {
      name: "Status",
      type: "string",
      description: "How far the base image is.",
      value: statusCell,
    },
    {
      name: "Version",
      type: "string",
      description: "Number of the newest version.",
      value: ({ status }) => (status?.version === undefined ? "" : `v${status.version}`),
    },
    {
      name: "Programs",
      type: "string",
      description: "Programs that apps care about.",
      value: ({ status }) =>
        (status?.versions ?? []).map(({ name, version }) => `${name} ${version}`).join(", "),
    },
    {
      name: "From",
      type: "string",
      priority: 1,
      description: "Platform that it stands on.",
      value: ({ status }) => orNone(status?.from),
    },
    {
      name: "Image",
      type: "string",
      priority: 1,
      description: "The base image.",
      value: ({ status }) => orNone(status?.image),
    },
    {
      name: "Size",
      type: "string",
      priority: 1,
      description: "Size of the image.",
      value: ({ status }) =>
        status?.sizeBytes === undefined ? "<none>" : `${Math.round(status.sizeBytes / 1_000_000)} MB`,
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why it is in this phase.",
      value: ({ status }) => status?.message ?? "",
    },
  ],
  validate: ({ metadata, spec }) =>
    spec?.files === undefined ? [] : recipeErrors(metadata.name ?? "", spec.files),
  initialStatus: () => ({ phase: "Pending" }),
});
