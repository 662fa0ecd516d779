import { checkTimeZone, parseCron } from "../../../../lib/cron-schedule.ts";
import { defineKind } from "../../../define.ts";
import { invalid, invalidIf, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, integer, object, oneOf, required, string, time, type Infer } from "../../../schema.ts";
import { checkAppName } from "../app-names.ts";

const prefix = /^[A-Z][A-Z0-9_]*$/;

/** What is wrong with the beginning of config vars' names. */
export function checkPrefix(name: string): string | undefined {
  return prefix.test(name)
    ? undefined
    : "must be upper case letters, digits and _, a letter first, such as DATABASE";
}

function checkSchedule(text: string): string | undefined {
  const result = parseCron(text);
  return "problem" in result ? result.problem : undefined;
}

const attachment = object(
  "An app that uses the add-on.",
  {
    app: required(string("Name of the app.", { check: checkAppName })),
    as: required(string("What the names of the config vars begin with.", { check: checkPrefix })),
    requestedAt: time("When it was last asked to write the config vars."),
  },
  { name: "dev.nagi.v1.AddonAttachment" },
);
export type AddonAttachment = Infer<typeof attachment>;

const keep = object(
  "Which scheduled backups are kept: those that any of these wants.",
  {
    last: integer("The last ones.", { min: 1, max: 1000 }),
    daily: integer("The last one of a day, for that many days with one.", { min: 1, max: 1000 }),
    weekly: integer("The last one of a week, for that many weeks with one.", { min: 1, max: 1000 }),
  },
  { name: "dev.nagi.v1.AddonBackupsKept" },
);
export type BackupsKept = Infer<typeof keep>;

const backups = object(
  "When the data is backed up by itself.",
  {
    schedule: required(string("Five fields of cron, or @daily and the like.", { check: checkSchedule })),
    timeZone: string("Time zone of the schedule and of days and weeks; UTC when absent.", {
      check: checkTimeZone,
    }),
    keep,
    store: string("BackupStore that they go to; the platform's own disk when absent."),
    since: required(time("From when on.")),
  },
  { name: "dev.nagi.v1.AddonBackups" },
);

const restoreWish = object(
  "The wish that all data is replaced by a backup.",
  {
    backup: required(string("Name of the backup.")),
    requestedAt: required(time("When it was wished.")),
  },
  { name: "dev.nagi.v1.AddonRestore" },
);

const restoreStatus = object(
  "How far the last restore is.",
  {
    requestedAt: required(time("The wish that it answers.")),
    phase: required(oneOf(["Running", "Complete", "Failed"], "How far it is.")),
    backup: string("Name of the backup."),
    message: string("Why it is in this phase."),
  },
  { name: "dev.nagi.v1.AddonRestoreStatus" },
);

const addonSpec = object(
  "What the add-on should be.",
  {
    service: required(string("Service that it is of: nagi addons services.", { immutable: true })),
    plan: required(string("Its size, one of the service's.")),
    attachments: array(attachment, "Apps that use it."),
    rotatedAt: time("When it was last asked for other credentials."),
    backups,
    restore: restoreWish,
  },
  { name: "dev.nagi.v1.AddonSpec" },
);
export interface AddonSpec extends Infer<typeof addonSpec> {}

const attachmentStatus = object(
  "How far an attachment is.",
  {
    app: required(string("Name of the app.")),
    as: required(string("What the names of the config vars begin with.")),
    requestedAt: time("The wish that was answered."),
    phase: required(oneOf(["Attached", "Waiting", "Conflict"], "How far it is.")),
    vars: array(string("Name."), "Config vars that were written."),
    message: string("Why it is in this phase."),
  },
  { name: "dev.nagi.v1.AddonAttachmentStatus" },
);
export type AttachmentStatus = Infer<typeof attachmentStatus>;

const rotation = object(
  "How far the last rotation of credentials is.",
  {
    requestedAt: required(time("The wish that it answers.")),
    phase: required(
      oneOf(["Making", "Releasing", "Dropping", "Undoing", "Complete", "Failed"], "How far it is."),
    ),
    user: string("The new user."),
    message: string("Why it is in this phase."),
  },
  { name: "dev.nagi.v1.AddonRotation" },
);
export type AddonRotation = Infer<typeof rotation>;

const addonStatus = object(
  "What the add-on is, as last seen.",
  {
    phase: oneOf(["Pending", "Making", "Starting", "Ready", "Failed"], "How far it is."),
    message: string("Why it is in this phase."),
    observedGeneration: integer("Generation of the spec that this speaks of."),
    image: string("Image of the server."),
    host: string("Name that apps reach it by."),
    port: integer("Port that apps reach it at."),
    user: string("The user of the apps."),
    attachments: array(attachmentStatus, "Apps that use it."),
    rotation,
    restore: restoreStatus,
    backupDueAt: time("When the last backup of the schedule was due."),
  },
  { name: "dev.nagi.v1.AddonStatus" },
);
export interface AddonStatus extends Infer<typeof addonStatus> {}

const fields = { spec: required(addonSpec), status: addonStatus };
const schema = object("", fields);
export interface Addon extends KubeObject, Infer<typeof schema> {}

function addonErrors({ attachments = [] }: AddonSpec): FieldError[] {
  return attachments.flatMap(({ app, as }, index) => {
    const first = attachments.findIndex((each) => each.app === app && each.as === as);
    return first === index
      ? []
      : [invalid(`spec.attachments[${index}]`, `${app} as ${as}`, "is there twice")];
  });
}

export const addon = defineKind<Addon>({
  group: "nagi.dev",
  version: "v1",
  kind: "Addon",
  plural: "addons",
  categories: ["all"],
  description: "A service of its own for apps, such as a database, with its volume and credentials.",
  fields,
  checkName: checkAppName,
  columns: [
    {
      name: "Service",
      type: "string",
      description: "Service and plan.",
      value: ({ spec }) => `${spec.service}:${spec.plan}`,
    },
    {
      name: "Status",
      type: "string",
      description: "How far it is.",
      value: ({ status }) => status?.phase ?? "Pending",
    },
    {
      name: "Attached to",
      type: "string",
      description: "Apps that use it, and by which config vars.",
      value: ({ spec }) => (spec.attachments ?? []).map(({ app, as }) => `${app} as ${as}`).join(", "),
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why it is in this phase.",
      value: ({ status }) => status?.message ?? "",
    },
  ],
  validate: ({ metadata, spec }) => [
    ...addonErrors(spec),
    ...invalidIf(spec.service === "" ? "must not be empty" : undefined, "spec.service", metadata.name),
  ],
  initialStatus: () => ({ phase: "Pending" }),
});
