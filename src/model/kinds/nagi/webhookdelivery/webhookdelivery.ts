import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, boolean, object, oneOf, required, string, time, type Infer } from "../../../schema.ts";
import { envVar } from "../../core/pod/container.ts";

const deliverySpec = object(
  "What a forge told; it never changes.",
  {
    webhook: required(string("Name of the webhook.")),
    app: required(string("Name of the app.")),
    id: required(string("The forge's own name of the delivery.")),
    replayOf: string("Delivery that this one repeats."),
    kind: required(oneOf(["Push", "Tag", "Ping", "Other"], "What it tells of.")),
    event: required(string("The forge's own name of the event.")),
    ref: string("What was pushed, for instance refs/heads/main."),
    commit: string("Hash of the newest commit."),
    before: string("Hash of the commit that the ref named before."),
    deleted: boolean("Whether the ref was deleted."),
    message: string("Message of the newest commit."),
    author: object(
      "Author of the newest commit.",
      { name: string("Name."), email: string("Mail address.") },
      { name: "dev.nagi.v1.WebhookAuthor" },
    ),
    sender: string("Who pushed."),
    repository: string("The repository as the forge writes it."),
    defaultBranch: string("The repository's default branch."),
    changedFiles: array(string("Path."), "Files that the push changes, when the forge told all of them."),
    areFilesKnown: boolean("Whether the forge told all changed files."),
    env: array(envVar, "Environment variables of the build."),
  },
  { name: "dev.nagi.v1.WebhookDeliverySpec", immutable: true },
);
export interface WebhookDeliverySpec extends Infer<typeof deliverySpec> {}

const deliveryStatus = object(
  "What came of it.",
  {
    phase: oneOf(["Built", "Ignored", "Failed"], "Whether a build came of it."),
    reason: string("Why, in one word."),
    message: string("Why, as a sentence."),
    build: string("Name of the build."),
    decidedAt: time("When that was decided."),
  },
  { name: "dev.nagi.v1.WebhookDeliveryStatus" },
);
export interface WebhookDeliveryStatus extends Infer<typeof deliveryStatus> {}

const fields = { spec: required(deliverySpec), status: deliveryStatus };
const schema = object("", fields);
export interface WebhookDelivery extends KubeObject, Infer<typeof schema> {}

export const webhookDelivery = defineKind<WebhookDelivery>({
  group: "nagi.dev",
  version: "v1",
  kind: "WebhookDelivery",
  plural: "webhookdeliveries",
  description: "One time that a forge told of something, and what came of it.",
  fields,
  columns: [
    { name: "Event", type: "string", description: "What was told.", value: ({ spec }) => spec.event },
    {
      name: "Ref",
      type: "string",
      description: "Branch or tag.",
      value: ({ spec }) => orNone(spec.ref?.replace(/^refs\/(heads|tags)\//, "")),
    },
    {
      name: "Commit",
      type: "string",
      description: "The newest commit.",
      value: ({ spec }) => orNone(spec.commit?.slice(0, 7)),
    },
    {
      name: "Result",
      type: "string",
      description: "What came of it.",
      value: ({ status }) => status?.phase ?? "Pending",
    },
    { name: "Reason", type: "string", description: "Why.", value: ({ status }) => orNone(status?.reason) },
    {
      name: "Build",
      type: "string",
      description: "The build.",
      value: ({ status }) => orNone(status?.build),
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why, as a sentence.",
      value: ({ status }) => status?.message ?? "",
    },
  ],
});
