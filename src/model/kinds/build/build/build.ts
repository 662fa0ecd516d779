import { defineKind } from "../../../define.ts";
import type { ColumnContext } from "../../../kind.ts";
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
import { ageText, durationText } from "../../../table.ts";
import { objectReference } from "../../core/references.ts";
import { appManifest } from "../app-manifest.ts";
import { commonSpecFields } from "../build-spec.ts";
import { requestBody } from "../request-body.ts";
import { setTypes } from "../build-types.ts";
import { triggerCause } from "../build-trigger.ts";
import { sourceCell, strategyCell } from "../columns.ts";
import { buildSpecErrors } from "../validate-build.ts";

const api = "com.github.openshift.api.build.v1";

const buildSpec = object(
  "What the build should do.",
  { ...commonSpecFields, triggeredBy: array(triggerCause, "Why the build was started.") },
  { name: `${api}.BuildSpec` },
);
export interface BuildSpec extends Infer<typeof buildSpec> {}

const stage = object(
  "A part of the build and how long it took.",
  {
    name: string("Name of the stage."),
    startTime: time("When it began."),
    durationMilliseconds: integer("How long it took."),
  },
  { name: `${api}.StageInfo`, preserveUnknown: true },
);

const buildStatus = object(
  "What became of the build.",
  {
    phase: oneOf(
      ["New", "Pending", "Running", "Complete", "Failed", "Error", "Cancelled"],
      "How far the build is.",
    ),
    cancelled: boolean("Whether the build is to be stopped."),
    reason: string("Why it is in this phase, in one word."),
    message: string("Why it is in this phase, as a sentence."),
    startTimestamp: time("When it began."),
    completionTimestamp: time("When it ended."),
    duration: integer("How long it took, in nanoseconds."),
    outputDockerImageReference: string("The image that was made."),
    output: object(
      "The image that was made.",
      {
        to: object(
          "Where it went.",
          { imageDigest: string("Digest of the image.") },
          {
            name: `${api}.BuildStatusOutputTo`,
          },
        ),
      },
      { name: `${api}.BuildStatusOutput` },
    ),
    config: objectReference,
    stages: array(stage, "Parts of the build."),
    conditions: array(condition, "Aspects of the build.", { mergeKey: "type" }),
    logSnippet: string("The last lines of the log of a failed build."),
    processes: map(string("Command."), "Process types of the app and their commands, from its Procfile."),
    port: integer("Port that the image listens on."),
    launcher: array(string("Word."), "Program of the image that its commands are started by."),
    manifest: appManifest,
    detected: object(
      "What was found out about the source.",
      {
        strategy: string("How it is built."),
        explanation: string("What spoke for it."),
        platform: string("Platform it is built on."),
        platformVersion: integer("Number of the platform's version."),
        runtimePlatform: string("Platform it runs on, where that is another one."),
        containerfile: string(
          "The Containerfile that was written for it; absent when the source has its own.",
        ),
      },
      { name: "dev.nagi.build.Detection" },
    ),
  },
  { name: `${api}.BuildStatus` },
);
export interface BuildStatus extends Infer<typeof buildStatus> {}

const fields = { spec: required(buildSpec), status: buildStatus };
const schema = object("", fields);
export interface Build extends KubeObject, Infer<typeof schema> {}

function durationCell({ status }: Build, { nowMs }: ColumnContext): string {
  const { startTimestamp, completionTimestamp } = status ?? {};
  if (startTimestamp === undefined) return "";
  const endMs = completionTimestamp === undefined ? nowMs : Date.parse(completionTimestamp);
  return durationText(endMs - Date.parse(startTimestamp));
}

export const build = defineKind<Build>({
  group: "build.openshift.io",
  version: "v1",
  kind: "Build",
  plural: "builds",
  categories: ["all"],
  description: "One run that makes an image from source.",
  fields,
  columns: [
    {
      name: "Type",
      type: "string",
      description: "How the image is made.",
      value: ({ spec }) => strategyCell(spec.strategy),
    },
    {
      name: "From",
      type: "string",
      description: "Where the source comes from.",
      value: ({ spec }) => sourceCell(spec.source, spec.revision?.git?.commit),
    },
    {
      name: "Status",
      type: "string",
      description: "How far the build is, and why it failed.",
      value: ({ status }) => {
        const { phase = "New", reason = "" } = status ?? {};
        return reason === "" || phase === "Complete" ? phase : `${phase} (${reason})`;
      },
    },
    {
      name: "Started",
      type: "string",
      description: "When it began.",
      value: ({ status }, { nowMs }) =>
        status?.startTimestamp === undefined ? "" : `${ageText(status.startTimestamp, nowMs)} ago`,
    },
    { name: "Duration", type: "string", description: "How long it took.", value: durationCell },
  ],
  applyDefaults: ({ spec }) => setTypes(spec),
  validate: ({ spec, metadata }) => buildSpecErrors(spec, metadata),
  initialStatus: () => ({ phase: "New" }),
  selectableFields: { status: ({ status }) => status?.phase ?? "" },
  // As OpenShift's clients cancel a build.
  statusWishes: ["cancelled"],
  subresources: [
    { name: "log", verbs: ["get"] },
    { name: "clone", verbs: ["create"], body: requestBody },
    { name: "details", verbs: ["get", "update"] },
  ],
});
