/** What a build should do: shared by Build and BuildConfig. */

import {
  array,
  boolean,
  integer,
  map,
  object,
  required,
  string,
  type Infer,
  type ObjectOf,
} from "../../schema.ts";
import { localObjectReference, objectReference } from "../core/references.ts";
import { resourceRequirements } from "../core/resources.ts";
import { buildSource } from "./build-source.ts";
import { buildStrategy } from "./build-strategy.ts";

const api = "com.github.openshift.api.build.v1";

const sourceUser = object(
  "A person in the history of the source.",
  { name: string("Name."), email: string("Mail address.") },
  { name: `${api}.SourceControlUser` },
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

export const sourceRevision = object(
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
  revision: sourceRevision,
  strategy: required(buildStrategy),
  output: buildOutput,
  resources: resourceRequirements,
  postCommit,
  completionDeadlineSeconds: integer("A build that takes longer is stopped.", { min: 1 }),
  nodeSelector: map(string("Value."), "Labels that the building node must have."),
  mountTrustedCA: boolean("Whether the cluster's certificate authorities are trusted in the build."),
};

export type BuildCommonSpec = ObjectOf<typeof commonSpecFields>;
export type SourceRevision = Infer<typeof sourceRevision>;
