import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, integer, object, oneOf, required, string, time, type Infer } from "../../../schema.ts";
import { objectReference } from "../../core/references.ts";
import { commonSpecFields } from "../build-spec.ts";
import { sourceCell, strategyCell } from "../columns.ts";

const api = "com.github.openshift.api.build.v1";

const webHook = object(
  "A request that starts a build.",
  {
    secret: string("Word that the request must know."),
    secretReference: object(
      "Secret with that word.",
      {
        name: required(string("Name of the Secret.")),
      },
      { name: `${api}.SecretLocalReference` },
    ),
  },
  { name: `${api}.WebHookTrigger` },
);

const trigger = object(
  "What starts builds by itself.",
  {
    type: required(string("ConfigChange, ImageChange, GitHub, GitLab, Bitbucket or Generic.")),
    github: webHook,
    gitlab: webHook,
    bitbucket: webHook,
    generic: webHook,
    imageChange: object(
      "A change of an image.",
      { from: objectReference, lastTriggeredImageID: string("Image of the last build.") },
      { name: `${api}.ImageChangeTrigger` },
    ),
  },
  { name: `${api}.BuildTriggerPolicy` },
);

const fields = {
  spec: required(
    object(
      "What builds should do, and what starts them.",
      {
        ...commonSpecFields,
        triggers: array(trigger, "What starts builds by itself."),
        runPolicy: oneOf(["Serial", "Parallel", "SerialLatestOnly"], "Whether builds run one by one.", {
          default: "Serial",
        }),
        successfulBuildsHistoryLimit: integer("How many successful builds are kept.", { default: 5, min: 0 }),
        failedBuildsHistoryLimit: integer("How many failed builds are kept.", { default: 5, min: 0 }),
      },
      { name: `${api}.BuildConfigSpec` },
    ),
  ),
  status: object(
    "What has been built.",
    {
      lastVersion: integer("Number of the last build."),
      imageChangeTriggers: array(
        object(
          "State of a trigger.",
          { lastTriggeredImageID: string("Image of the last build."), lastTriggerTime: time("When.") },
          { name: `${api}.ImageChangeTriggerStatus` },
        ),
        "State of the image triggers.",
      ),
    },
    { name: `${api}.BuildConfigStatus` },
  ),
};
const schema = object("", fields);
export interface BuildConfig extends KubeObject, Infer<typeof schema> {}

export const buildConfig = defineKind<BuildConfig>({
  group: "build.openshift.io",
  version: "v1",
  kind: "BuildConfig",
  plural: "buildconfigs",
  shortNames: ["bc"],
  categories: ["all"],
  description: "How an app's image is made from its source, and what starts a build.",
  fields,
  columns: [
    {
      name: "Type",
      type: "string",
      description: "How images are made.",
      value: ({ spec }) => strategyCell(spec.strategy),
    },
    {
      name: "From",
      type: "string",
      description: "Where the source comes from.",
      value: ({ spec }) => sourceCell(spec.source, spec.revision?.git?.commit),
    },
    {
      name: "Latest",
      type: "integer",
      description: "Number of the last build.",
      value: ({ status }) => status?.lastVersion ?? 0,
    },
  ],
  initialStatus: () => ({ lastVersion: 0 }),
});
