import { defineKind } from "../../../define.ts";
import { invalidIf } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { integer, object, oneOf, required, string, time, type Infer } from "../../../schema.ts";
import type { Leads } from "./drain-loop.ts";
import { checkDrainUrl } from "./drain-url.ts";

const drainSpec = object(
  "Which lines go where.",
  {
    app: required(string("Name of the app.", { immutable: true })),
    url: required(
      string("Address: syslog+tls://HOST:PORT, syslog://HOST:PORT, https://HOST/PATH or http://HOST/PATH."),
    ),
    source: string("Only lines of this source: app, router, platform, or a process type such as web."),
    secretName: string(
      "Secret with what the receiver asks for: authorization (user:password of an http address), ca.crt (authority of its certificate, in PEM).",
    ),
  },
  { name: "dev.nagi.v1.LogDrainSpec" },
);

const drainStatus = object(
  "What became of the lines.",
  {
    phase: oneOf(
      ["Waiting", "Sending", "Failing"],
      "Waiting before the first line, Failing while the receiver takes none.",
    ),
    message: string("Why it fails."),
    failingSince: time("Since when it fails."),
    sent: integer("Lines that were sent."),
    dropped: integer("Lines that were dropped, since the receiver took them more slowly than they came."),
    buffered: integer("Lines that wait to be sent."),
    lastSentTime: time("When a line was sent last."),
  },
  { name: "dev.nagi.v1.LogDrainStatus" },
);
export interface LogDrainStatus extends Infer<typeof drainStatus> {}

const fields = { spec: required(drainSpec), status: drainStatus };
const schema = object("", fields);
export interface LogDrain extends KubeObject, Infer<typeof schema> {}

export const logDrain = defineKind<LogDrain>({
  group: "nagi.dev",
  version: "v1",
  kind: "LogDrain",
  plural: "logdrains",
  description: "Sends the lines of an app to a receiver elsewhere, as they come.",
  fields,
  columns: [
    { name: "App", type: "string", description: "The app.", value: ({ spec }) => spec.app },
    { name: "URL", type: "string", description: "Where the lines go.", value: ({ spec }) => spec.url },
    {
      name: "Status",
      type: "string",
      description: "Whether they arrive.",
      value: ({ status }) => status?.phase ?? "Waiting",
    },
    {
      name: "Sent",
      type: "integer",
      description: "Lines that were sent.",
      value: ({ status }) => status?.sent ?? 0,
    },
    {
      name: "Dropped",
      type: "integer",
      description: "Lines that were dropped.",
      value: ({ status }) => status?.dropped ?? 0,
    },
  ],
  validate: ({ spec }) => invalidIf(checkDrainUrl(spec.url), "spec.url", spec.url),
  selectableFields: { "spec.app": ({ spec }) => spec.app },
});

export function leadsOf({ metadata, spec }: LogDrain): Leads {
  return { app: `${metadata.namespace}/${spec.app}`, url: spec.url, source: spec.source };
}
