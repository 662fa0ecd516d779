/** How a build makes the image. */

import { dockerfileOptions } from "../nagi/app/dockerfile-options.ts";
import { languageNames } from "../nagi/languages.ts";
import { checkPlatformRef } from "../nagi/platform/platform-ref.ts";
import { array, boolean, object, oneOf, required, string, type Infer } from "../../schema.ts";
import { envVar } from "../core/pod/container.ts";
import { localObjectReference, objectReference } from "../core/references.ts";

const api = "com.github.openshift.api.build.v1";

const pullFields = {
  pullSecret: localObjectReference,
  env: array(envVar, "Environment variables of the build.", { mergeKey: "name" }),
  forcePull: boolean("Whether base images are pulled even when they are there."),
};

const dockerStrategy = object(
  "Builds the Dockerfile of the source.",
  {
    from: objectReference,
    ...pullFields,
    noCache: boolean("Whether layers of earlier builds are not used."),
    dockerfilePath: string("Path of the Dockerfile, from the context directory."),
    buildArgs: array(envVar, "Build arguments.", { mergeKey: "name" }),
    imageOptimizationPolicy: oneOf(
      ["None", "SkipLayers", "SkipLayersAndWarn"],
      "Whether the steps become layers of their own.",
    ),
  },
  { name: `${api}.DockerBuildStrategy` },
);

const sourceStrategy = object(
  "Builds the source on a builder image.",
  {
    from: required(objectReference),
    ...pullFields,
    scripts: string(
      "Where the builder's scripts are: image:///DIRECTORY, or a web address that has assemble, run and save-artifacts.",
    ),
    incremental: boolean("Whether artifacts of the last build are used."),
  },
  { name: `${api}.SourceBuildStrategy` },
);

const secretSpec = object(
  "A Secret that the builder sees as files.",
  {
    secretSource: required(localObjectReference),
    mountPath: required(string("Directory in the builder that its entries are in.")),
  },
  { name: `${api}.SecretSpec` },
);

const customStrategy = object(
  "Runs a builder image of one's own, which makes the image.",
  {
    from: required(objectReference),
    ...pullFields,
    exposeDockerSocket: boolean("Whether the builder gets the engine's socket; Nagi gives it to nobody."),
    secrets: array(secretSpec, "Secrets that the builder sees."),
    buildAPIVersion: string("API version of the Build that the builder is given."),
  },
  { name: `${api}.CustomBuildStrategy` },
);

const wantedBuildpack = object(
  "A buildpack.",
  { url: required(string("Where it is: a git repository or an archive, or a directory of the source.")) },
  { name: "dev.nagi.build.WantedBuildpack" },
);

const nagiStrategy = object(
  "Looks at the source, finds out how to build it, and says what it found.",
  {
    platform: string("Platform to build on, such as python or python:v2; found out when absent.", {
      check: checkPlatformRef,
    }),
    language: oneOf([...languageNames, "dockerfile"], "What it is built as; found out when absent."),
    dockerfile: dockerfileOptions,
    buildpacks: array(wantedBuildpack, "Buildpacks that build it, in this order; found out when absent."),
    env: array(envVar, "Environment variables of the build.", { mergeKey: "name" }),
    noCache: boolean("Whether layers of earlier builds are not used."),
  },
  { name: "dev.nagi.build.NagiBuildStrategy" },
);

export const buildStrategy = object(
  "How the image is made.",
  {
    type: oneOf(["Docker", "Source", "Custom", "JenkinsPipeline", "Nagi"], "Kind of strategy."),
    dockerStrategy,
    sourceStrategy,
    customStrategy,
    nagiStrategy,
  },
  { name: `${api}.BuildStrategy` },
);

export type BuildStrategy = Infer<typeof buildStrategy>;

/** The field of each kind of strategy. */
export const strategyFields = {
  Docker: "dockerStrategy",
  Source: "sourceStrategy",
  Custom: "customStrategy",
  Nagi: "nagiStrategy",
} as const;

/** The kind of strategy, which may be told by its settings alone. */
export function strategyTypeOf(strategy: BuildStrategy): BuildStrategy["type"] {
  if (strategy.type !== undefined) return strategy.type;
  for (const type of ["Docker", "Source", "Custom", "Nagi"] as const)
    if (strategy[strategyFields[type]] !== undefined) return type;
  return undefined;
}

/** The image that the strategy builds on, as it was named. */
export function strategyFrom({
  dockerStrategy: docker,
  sourceStrategy: source,
  customStrategy: custom,
}: BuildStrategy) {
  return docker?.from ?? source?.from ?? custom?.from;
}
