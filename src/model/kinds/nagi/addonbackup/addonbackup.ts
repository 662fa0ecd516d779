import { defineKind } from "../../../define.ts";
import { orNone, sizeCell } from "../../../cells.ts";
import type { KubeObject } from "../../../meta.ts";
import { integer, object, oneOf, required, string, time, type Infer } from "../../../schema.ts";
import { checkAppName } from "../app-names.ts";

/** On an AddonBackup: its data goes before it does. */
export const backupFinalizer = "nagi.dev/backup-data";

const backupSpec = object(
  "What is backed up.",
  {
    addon: required(string("Name of the add-on.", { check: checkAppName, immutable: true })),
    addonUid: string("Uid of the add-on: one of the same name may follow it.", { immutable: true }),
    service: required(string("Service that the add-on is of.", { immutable: true })),
    plan: required(string("Plan of the add-on: a check of the backup needs as much.", { immutable: true })),
    cause: oneOf(["manual", "schedule"], "What led to it.", { default: "manual", immutable: true }),
    store: string("BackupStore that it goes to; the platform's own disk when absent.", { immutable: true }),
    verifyAt: time("When it was last asked to be checked."),
  },
  { name: "dev.nagi.v1.AddonBackupSpec" },
);

const verification = object(
  "What came of the last check: the backup restored into a server of its own.",
  {
    requestedAt: required(time("The wish that it answers.")),
    phase: required(oneOf(["Running", "Passed", "Failed"], "How far it is.")),
    message: string("What was found, or what was wrong."),
    completedAt: time("When it ended."),
  },
  { name: "dev.nagi.v1.AddonBackupVerification" },
);
export type BackupVerification = Infer<typeof verification>;

const backupStatus = object(
  "What became of the backup.",
  {
    phase: oneOf(["Pending", "Running", "Complete", "Failed"], "How far it is."),
    message: string("Why it is in this phase."),
    attempts: integer("How often it was begun."),
    startedAt: time("When it was begun: what was acknowledged before is in it."),
    completedAt: time("When all of it was kept."),
    sizeBytes: integer("Its size."),
    sha256: string("Hash of it, in hexadecimal."),
    file: string("Name of its file, in addon-backups of the data directory or in the store."),
    verification,
  },
  { name: "dev.nagi.v1.AddonBackupStatus" },
);
export interface AddonBackupStatus extends Infer<typeof backupStatus> {}

const fields = { spec: required(backupSpec), status: backupStatus };
const schema = object("", fields);
export interface AddonBackup extends KubeObject, Infer<typeof schema> {}

function checkedCell({ status }: AddonBackup): string {
  const { phase, message } = status?.verification ?? {};
  if (phase === undefined) return "never";
  return message === undefined ? phase : `${phase}: ${message}`;
}

export const addonBackup = defineKind<AddonBackup>({
  group: "nagi.dev",
  version: "v1",
  kind: "AddonBackup",
  plural: "addonbackups",
  description: "A dump of an add-on's data that Nagi keeps.",
  fields,
  selectableFields: { "spec.addon": ({ spec }) => spec.addon, "spec.service": ({ spec }) => spec.service },
  columns: [
    { name: "Add-on", type: "string", description: "The add-on.", value: ({ spec }) => spec.addon },
    {
      name: "Status",
      type: "string",
      description: "How far it is.",
      value: ({ status }) => status?.phase ?? "Pending",
    },
    {
      name: "Size",
      type: "string",
      description: "Its size.",
      value: ({ status }) => (status?.sizeBytes === undefined ? "" : sizeCell(status.sizeBytes)),
    },
    {
      name: "Cause",
      type: "string",
      description: "What led to it.",
      value: ({ spec }) => spec.cause ?? "manual",
    },
    {
      name: "Where",
      type: "string",
      description: "The store that has it.",
      value: ({ spec }) => spec.store ?? "disk",
    },
    { name: "Checked", type: "string", description: "What came of the last check.", value: checkedCell },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why it is in this phase.",
      value: ({ status }) => orNone(status?.message),
    },
  ],
  initialStatus: () => ({ phase: "Pending" }),
});
