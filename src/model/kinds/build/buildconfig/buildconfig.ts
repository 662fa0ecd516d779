import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { checkDnsSubdomain } from "../../../names.ts";
import { array, integer, object, oneOf, required, string, time, type Infer } from "../../../schema.ts";
import { commonSpecFields } from "../build-spec.ts";
import { buildTrigger } from "../build-trigger.ts";
import { binaryRequestBody, requestBody } from "../request-body.ts";
import { setTypes } from "../build-types.ts";
import { sourceCell, strategyCell } from "../columns.ts";
import { buildSpecErrors } from "../validate-build.ts";
import { triggerErrors } from "../validate-triggers.ts";

const api = "com.github.openshift.api.build.v1";

const fields = {
  spec: required(
    object(
      "What builds should do, and what starts them.",
      {
        ...commonSpecFields,
        triggers: array(buildTrigger, "What starts builds by itself."),
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
          {
            lastTriggeredImageID: string("Image of the last build, by digest."),
            from: object(
              "The tag that is followed.",
              { namespace: string("Namespace of the stream."), name: string("Stream and tag.") },
              { name: `${api}.ImageStreamTagReference` },
            ),
            lastTriggerTime: time("When."),
          },
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

/** Builds bear it as a label. */
function checkConfigName(name: string): string | undefined {
  return checkDnsSubdomain(name) ?? (name.length > 63 ? "must be no more than 63 characters" : undefined);
}

export const buildConfig = defineKind<BuildConfig>({
  group: "build.openshift.io",
  version: "v1",
  kind: "BuildConfig",
  plural: "buildconfigs",
  shortNames: ["bc"],
  checkName: checkConfigName,
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
  applyDefaults: ({ spec }) => setTypes(spec),
  validate: (config) => [...buildSpecErrors(config.spec, config.metadata), ...triggerErrors(config)],
  initialStatus: () => ({ lastVersion: 0 }),
  subresources: [
    { name: "instantiate", verbs: ["create"], body: requestBody },
    { name: "instantiatebinary", verbs: ["create"], body: binaryRequestBody },
  ],
});
