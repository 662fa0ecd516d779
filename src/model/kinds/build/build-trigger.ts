/** What starts builds of a configuration, and what a build says of it. */

import { boolean, object, oneOf, required, string } from "../../schema.ts";
import { objectReference } from "../core/references.ts";
import { sourceRevision } from "./build-spec.ts";

const api = "com.github.openshift.api.build.v1";

const webHook = object(
  "A request that starts a build.",
  {
    secret: string("Word that the request must know; it can be read by all who may read this object."),
    secretReference: object(
      "Secret of which the entry WebHookSecretKey is that word.",
      { name: required(string("Name of the Secret.")) },
      { name: `${api}.SecretLocalReference` },
    ),
    allowEnv: boolean("Whether the request may set environment variables; of Generic only."),
  },
  { name: `${api}.WebHookTrigger` },
);

export const webHookTypes = {
  GitHub: "github",
  GitLab: "gitlab",
  Bitbucket: "bitbucket",
  Generic: "generic",
} as const;

export const buildTrigger = object(
  "What starts builds by itself.",
  {
    type: required(
      oneOf(
        ["ConfigChange", "ImageChange", "GitHub", "GitLab", "Bitbucket", "Generic"],
        "Kind of trigger: ConfigChange makes the first build, ImageChange one when an image stream tag moves, the others one for each request.",
      ),
    ),
    github: webHook,
    gitlab: webHook,
    bitbucket: webHook,
    generic: webHook,
    imageChange: object(
      "A change of an image.",
      {
        from: objectReference,
        paused: boolean("Whether changes are left alone."),
        lastTriggeredImageID: string("Of older clients; status.imageChangeTriggers says it."),
      },
      { name: `${api}.ImageChangeTrigger` },
    ),
  },
  { name: `${api}.BuildTriggerPolicy` },
);

const webHookCause = object(
  "The request that started the build.",
  { revision: sourceRevision, secret: string("The word it knew, mostly hidden.") },
  { name: `${api}.GenericWebHookCause` },
);

export const triggerCause = object(
  "Why the build was started.",
  {
    message: string("In words."),
    genericWebHook: webHookCause,
    githubWebHook: webHookCause,
    gitlabWebHook: webHookCause,
    bitbucketWebHook: webHookCause,
    imageChangeBuild: object(
      "The image that changed.",
      { imageID: string("The image, by digest."), fromRef: objectReference },
      { name: `${api}.ImageChangeCause` },
    ),
  },
  { name: `${api}.BuildTriggerCause` },
);
