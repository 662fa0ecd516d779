/** What is sent to the subresources `instantiate` and `clone`; not stored, so no kind of its own folder. */

import { defineKind } from "../../define.ts";
import type { KubeObject } from "../../meta.ts";
import { array, boolean, integer, object, type Infer } from "../../schema.ts";
import { envVar } from "../core/pod/container.ts";
import { objectReference } from "../core/references.ts";
import { sourceRevision } from "./build-spec.ts";
import { triggerCause } from "./build-trigger.ts";

const api = "com.github.openshift.api.build.v1";

const fields = {
  revision: sourceRevision,
  triggeredByImage: objectReference,
  from: objectReference,
  lastVersion: integer("The build is made only if the configuration's last number is this one."),
  env: array(envVar, "Environment variables of the build, beside those of the configuration."),
  triggeredBy: array(triggerCause, "Why the build is started."),
  dockerStrategyOptions: object(
    "Of a Docker strategy.",
    {
      buildArgs: array(envVar, "Build arguments, beside those of the configuration."),
      noCache: boolean("Whether layers of earlier builds are not used."),
    },
    { name: `${api}.DockerStrategyOptions` },
  ),
  sourceStrategyOptions: object(
    "Of a Source strategy.",
    { incremental: boolean("Whether artifacts of the last build are used.") },
    { name: `${api}.SourceStrategyOptions` },
  ),
};
const schema = object("", fields);
export interface BuildRequest extends KubeObject, Infer<typeof schema> {}

export const buildRequest = defineKind<BuildRequest>({
  group: "build.openshift.io",
  version: "v1",
  kind: "BuildRequest",
  plural: "buildrequests",
  description: "Asks for one build.",
  fields,
  verbs: ["create"],
});
