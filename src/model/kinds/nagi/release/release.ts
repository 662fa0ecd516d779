import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import { invalidIf } from "../../../field-error.ts";
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
  time,
  type Infer,
} from "../../../schema.ts";
import { checkProcessType } from "../app-names.ts";
import { canaryStatus } from "./canary-status.ts";
import { sourceCron } from "../app/app-cron.ts";
import { appChecks } from "../app/app-checks.ts";

const releaseProcess = object(
  "A process type of the release.",
  { command: string("Command; the image's own when absent."), checks: appChecks },
  { name: "dev.nagi.v1.ReleaseProcess" },
);

const releaseSpec = object(
  "What was released; it never changes.",
  {
    app: required(string("Name of the app.")),
    version: required(integer("Number of the release.", { min: 1 })),
    image: required(string("Image of the release.")),
    port: integer("Port that web listens on.", { min: 1, max: 65_535 }),
    processes: required(map(releaseProcess, "Process types, by name.")),
    cron: map(sourceCron, "Commands that run at the times of a schedule, by name."),
    launcher: array(string("Word."), "Program of the image that its commands are started by."),
    configSecret: required(string("Secret with the config vars of the release.")),
    imageDigest: string("Digest of the image in the registry, when it was known."),
    postDeploy: string("Command of app.json that runs once, before an app's first release serves."),
    releaseTimeoutSeconds: integer("How long the release phase may take.", { min: 1 }),
    hold: boolean("Whether it runs beside the release before until it is cut over."),
    canary: boolean("Whether it gets a growing share of the requests while it runs beside."),
    description: string("What changed."),
    cause: string("What led to it: push abc1234, config set, image, rollback of v3, retry of v5."),
    createdBy: string("Who made it."),
    build: string("Build that made the image."),
    commit: string("Commit that was built."),
  },
  { name: "dev.nagi.v1.ReleaseSpec", immutable: true },
);
export interface ReleaseSpec extends Infer<typeof releaseSpec> {}

const releasePhaseStatus = object(
  "What became of the command that runs before the release serves.",
  {
    state: oneOf(["Running", "Succeeded", "Failed"], "How far it is."),
    pod: string("Name of the pod that runs it."),
    podUID: string("UID of that pod: it is never made a second time."),
    startedAt: time("When it was started."),
    completedAt: time("When it ended."),
    exitCode: integer("Its exit code."),
    message: string("Why it failed."),
    output: string("ConfigMap with the end of its log."),
  },
  { name: "dev.nagi.v1.ReleasePhaseStatus" },
);

const releaseStatus = object(
  "What became of the release.",
  {
    phase: oneOf(
      ["Pending", "Releasing", "Deploying", "Held", "Live", "Superseded", "Failed"],
      "How far the release is; Releasing while its release phase runs, Held while it is ready and runs beside the live one.",
    ),
    message: string("Why it is in this phase."),
    logSnippet: string("The last lines of the log of what failed."),
    imageID: string("What the image's name stood for when the release went live."),
    releasePhase: releasePhaseStatus,
    canary: canaryStatus,
    standbyUntil: time("Until when a release that was cut over goes on running, for the way back."),
    configRestored: boolean("Whether the app's config vars went back to those of the release that runs."),
    conditions: array(condition, "Aspects of the release.", { mergeKey: "type" }),
  },
  { name: "dev.nagi.v1.ReleaseStatus" },
);
export interface ReleaseStatus extends Infer<typeof releaseStatus> {}

const fields = { spec: required(releaseSpec), status: releaseStatus };
const schema = object("", fields);
export interface Release extends KubeObject, Infer<typeof schema> {}

export const release = defineKind<Release>({
  group: "nagi.dev",
  version: "v1",
  kind: "Release",
  plural: "releases",
  categories: ["all"],
  description:
    "An image, its config and its process types, fixed together: what is deployed and rolled back to.",
  fields,
  columns: [
    {
      name: "Version",
      type: "string",
      description: "Number of the release.",
      value: ({ spec }) => `v${spec.version}`,
    },
    {
      name: "Status",
      type: "string",
      description: "How far the release is.",
      value: ({ status }) => status?.phase ?? "Pending",
    },
    {
      name: "Description",
      type: "string",
      description: "What changed.",
      value: ({ spec }) => spec.description ?? "",
    },
    { name: "By", type: "string", description: "Who made it.", value: ({ spec }) => spec.createdBy ?? "" },
    {
      name: "Image",
      type: "string",
      priority: 1,
      description: "Image of the release.",
      value: ({ spec }) => spec.image,
    },
    {
      name: "Commit",
      type: "string",
      priority: 1,
      description: "Commit that was built.",
      value: ({ spec }) => orNone(spec.commit?.slice(0, 7)),
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why it is in this phase.",
      value: ({ status }) => status?.message ?? "",
    },
  ],
  validate: ({ spec }) =>
    Object.keys(spec.processes).flatMap((name) =>
      invalidIf(checkProcessType(name), `spec.processes[${name}]`, name),
    ),
  initialStatus: () => ({ phase: "Pending" }),
  selectableFields: {
    "spec.app": ({ spec }) => spec.app,
    "status.phase": ({ status }) => status?.phase ?? "",
  },
});
