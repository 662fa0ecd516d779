/** What a build should do: shared by Build and BuildConfig. */

import { array, boolean, integer, map, object, oneOf, required, string, type Infer } from "../../schema.ts";
import { localObjectReference, objectReference } from "../core/references.ts";
import { resourceRequirements } from "../core/resources.ts";
import { envVar } from "../core/pod/container.ts";

const api = "com.github.openshift.api.build.v1";

const sourceUser = object(
  "A person in the history of the source.",
  { name: string("Name."), email: string("Mail address.") },
  { name: `${api}.SourceControlUser` },
);

const gitSource = object(
  "A git repository.",
  {
    uri: required(string("Address of the repository.")),
    ref: string("Branch, tag or commit; the default branch when absent."),
    httpProxy: string("Proxy for HTTP."),
    httpsProxy: string("Proxy for HTTPS."),
    noProxy: string("Hosts that are reached without a proxy."),
  },
  { name: `${api}.GitBuildSource` },
);

const binarySource = object(
  "Source that was sent in.",
  { asFile: string("Id of the archive in the source store.") },
  { name: `${api}.BinaryBuildSource` },
);

const buildSource = object(
  "Where the source comes from.",
  {
    type: oneOf(["Binary", "Git", "Dockerfile", "Image", "None"], "Kind of source."),
    binary: binarySource,
    dockerfile: string("Text of a Dockerfile, used instead of the source's own."),
    git: gitSource,
    contextDir: string("Directory of the source that is built; its root when absent."),
    sourceSecret: localObjectReference,
  },
  { name: `${api}.BuildSource` },
);

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
  },
  { name: `${api}.DockerBuildStrategy` },
);

const sourceStrategy = object(
  "Builds the source on a builder image.",
  {
    from: required(objectReference),
    ...pullFields,
    scripts: string("Address of the builder's scripts."),
    incremental: boolean("Whether artifacts of the last build are used."),
  },
  { name: `${api}.SourceBuildStrategy` },
);

const nagiStrategy = object(
  "Looks at the source, finds out how to build it, and says what it found.",
  {
    platform: string("Platform to build on; found out when absent."),
    env: array(envVar, "Environment variables of the build.", { mergeKey: "name" }),
    noCache: boolean("Whether layers of earlier builds are not used."),
  },
  { name: "dev.nagi.build.NagiBuildStrategy" },
);

const buildStrategy = object(
  "How the image is made.",
  {
    type: oneOf(["Docker", "Source", "Custom", "JenkinsPipeline", "Nagi"], "Kind of strategy."),
    dockerStrategy,
    sourceStrategy,
    nagiStrategy,
  },
  { name: `${api}.BuildStrategy` },
);

const imageLabel = object(
  "A label of the image.",
  { name: required(string("Name.")), value: string("Value.") },
  { name: `${api}.ImageLabel` },
);

const buildOutput = object(
  "Where the image goes.",
  {
    to: objectReference,
    pushSecret: localObjectReference,
    imageLabels: array(imageLabel, "Labels of the image."),
  },
  { name: `${api}.BuildOutput` },
);

const gitRevision = object(
  "A commit.",
  {
    commit: string("Hash of the commit."),
    author: sourceUser,
    committer: sourceUser,
    message: string("Message of the commit."),
  },
  { name: `${api}.GitSourceRevision` },
);

const revision = object(
  "Which state of the source is built.",
  { type: string("Kind of source."), git: gitRevision },
  { name: `${api}.SourceRevision` },
);

const postCommit = object(
  "Run in the built image before it is pushed; a failure fails the build.",
  {
    command: array(string("Word."), "Command."),
    args: array(string("Word."), "Arguments."),
    script: string("Shell script."),
  },
  { name: `${api}.BuildPostCommitSpec` },
);

/** Fields of `spec` that builds and build configurations share. */
export const commonSpecFields = {
  serviceAccount: string("Service account of the build."),
  source: buildSource,
  revision,
  strategy: required(buildStrategy),
  output: buildOutput,
  resources: resourceRequirements,
  postCommit,
  completionDeadlineSeconds: integer("A build that takes longer is stopped.", { min: 1 }),
  nodeSelector: map(string("Value."), "Labels that the building node must have."),
  mountTrustedCA: boolean("Whether the cluster's certificate authorities are trusted in the build."),
};

export type BuildSource = Infer<typeof buildSource>;
export type BuildStrategy = Infer<typeof buildStrategy>;
