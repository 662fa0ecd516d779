import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import { invalidIf, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, object, oneOf, required, string, type Infer } from "../../../schema.ts";
import { providerNames } from "../../../../lib/webhooks/providers.ts";
import { secretKeySelector } from "../../core/references.ts";

const patternsMax = 100;

const commitStatus = object(
  "Where commits are told what became of them, when the Secret has a token.",
  {
    apiURL: string(
      "Address of the forge's API, for instance https://git.example.com/api/v3; found out when absent.",
    ),
    repository: string(
      "The repository as the forge writes it, for instance team/shop; of the app's source when absent.",
    ),
    context: string("What the status is called; nagi/ and the app's name when absent."),
  },
  { name: "dev.nagi.v1.WebhookCommitStatus" },
);

const webhookSpec = object(
  "Which forge tells of pushes, and which of them are built.",
  {
    app: required(string("Name of the app that is built.", { immutable: true })),
    provider: required(oneOf(providerNames, "The forge.", { immutable: true })),
    secretRef: required({ ...secretKeySelector, description: "Secret that the forge and Nagi know." }),
    tokenRef: {
      ...secretKeySelector,
      description: "Token of the forge, with which commits are told their status.",
    },
    branches: array(string("Pattern."), "Branches that are built; that of the app's source when empty.", {
      maxLength: patternsMax,
    }),
    tags: array(string("Pattern."), "Tags that are built; none when empty.", { maxLength: patternsMax }),
    paths: array(
      string("Pattern."),
      "A push that changes none of these files is ignored; all count when empty.",
      {
        maxLength: patternsMax,
      },
    ),
    ignorePaths: array(string("Pattern."), "Files whose change does not count.", { maxLength: patternsMax }),
    commitStatus,
  },
  { name: "dev.nagi.v1.WebhookSpec" },
);
export interface WebhookSpec extends Infer<typeof webhookSpec> {}

const fields = { spec: required(webhookSpec) };
const schema = object("", fields);
export interface Webhook extends KubeObject, Infer<typeof schema> {}

function checkApiUrl(text: string): string | undefined {
  const isUrl = /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).username === "";
  return isUrl ? undefined : "must be an address that begins with https:// or http://, without a user";
}

function patternErrors(spec: WebhookSpec): FieldError[] {
  const lists = {
    branches: spec.branches,
    tags: spec.tags,
    paths: spec.paths,
    ignorePaths: spec.ignorePaths,
  };
  return Object.entries(lists).flatMap(([name, patterns = []]) =>
    patterns.flatMap((pattern, index) => invalidIf(checkPattern(pattern), `spec.${name}[${index}]`, pattern)),
  );
}

function checkPattern(pattern: string): string | undefined {
  if (pattern !== "" && pattern.length <= 200 && !/[\p{Cc}\\]/u.test(pattern)) return undefined;
  return 'must be a pattern such as "docs/**" or "release/*", of no more than 200 characters';
}

export const webhook = defineKind<Webhook>({
  group: "nagi.dev",
  version: "v1",
  kind: "Webhook",
  plural: "webhooks",
  description: "A forge that tells of pushes, which the app is then built of.",
  fields,
  columns: [
    { name: "App", type: "string", description: "The app that is built.", value: ({ spec }) => spec.app },
    { name: "Provider", type: "string", description: "The forge.", value: ({ spec }) => spec.provider },
    {
      name: "Branches",
      type: "string",
      description: "Branches that are built.",
      value: ({ spec }) => orNone(spec.branches?.join(",")),
    },
    {
      name: "Paths",
      type: "string",
      priority: 1,
      description: "Files that count.",
      value: ({ spec }) => orNone(spec.paths?.join(",")),
    },
  ],
  validate: ({ spec }) => [
    ...patternErrors(spec),
    ...(spec.commitStatus?.apiURL === undefined
      ? []
      : invalidIf(
          checkApiUrl(spec.commitStatus.apiURL),
          "spec.commitStatus.apiURL",
          spec.commitStatus.apiURL,
        )),
  ],
});
