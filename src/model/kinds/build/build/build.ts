import { defineKind } from "../../../define.ts";
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
import { objectReference } from "../../core/references.ts";
import { commonSpecFields } from "../build-spec.ts";

const api = "com.github.openshift.api.build.v1";

const triggerCause = object(
  "Why the build was started.",
  { message: string("In words.") },
  { name: `${api}.BuildTriggerCause`, preserveUnknown: true },
);

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
    detected: object(
      "What was found out about the source.",
      {
        strategy: string("How it is built."),
        explanation: string("What spoke for it."),
        platform: string("Platform it is built on."),
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

export const build = defineKind<Build>({
  group: "build.openshift.io",
  version: "v1",
  kind: "Build",
  plural: "builds",
  categories: ["all"],
  description: "One run that makes an image from source.",
  fields,
  initialStatus: () => ({ phase: "New" }),
  selectableFields: { status: ({ status }) => status?.phase ?? "" },
  subresources: [{ name: "log", verbs: ["get"] }],
});
