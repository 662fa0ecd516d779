/** `nagi addons backups` and, for the app's add-on of one service, `nagi pg backups` and the like. */

import { checkTimeZone, parseCron } from "../../lib/cron-schedule.ts";
import { newObject } from "../../model/kind.ts";
import { addon as addonKind, type Addon, type BackupsKept } from "../../model/kinds/nagi/addon/addon.ts";
import { addonBackup, type AddonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { backupStore } from "../../model/kinds/nagi/backupstore/backupstore.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { columns } from "../format.ts";
import { listObjects } from "../listing.ts";
import { objectText } from "../output.ts";
import { pause, pollMs } from "../wait.ts";
import { bytesText } from "./bytes-text.ts";
import { downloadBackup } from "./download-backup.ts";
import { getAddon, serviceOf } from "./find-addon.ts";
import { backupsOf, getBackup } from "./find-backup.ts";
import { followBackup, followRestore, followVerification } from "./follow-backup.ts";
import { keepText } from "./keep-text.ts";

export const backupOptions: readonly Option[] = [
  {
    name: "to",
    type: "string",
    value: "STORE",
    description: "With backups create and schedule: the store they go to (default: the platform's disk).",
  },
  {
    name: "time-zone",
    type: "string",
    value: "ZONE",
    description: "With backups schedule: Europe/Berlin (default: UTC).",
  },
  {
    name: "keep",
    type: "number",
    value: "COUNT",
    description: "With backups schedule: keep the last ones (default: 7 when no other --keep is given).",
  },
  {
    name: "keep-daily",
    type: "number",
    value: "DAYS",
    description: "With backups schedule: keep the last one of each of so many days.",
  },
  {
    name: "keep-weekly",
    type: "number",
    value: "WEEKS",
    description: "With backups schedule: keep the last one of each of so many weeks.",
  },
];

/** What the words after `backups` mean; `addon` is the one that is meant where none is named. */
export async function backups(
  context: CommandContext,
  [action = "list", ...words]: readonly string[],
  addon?: string,
): Promise<number | void> {
  const [first, second] = words;
  // Where the add-on is known, no word names it.
  const [own, rest] = addon === undefined ? [first, second] : [addon, first];
  const surplus = words.slice(addon === undefined || action === "download" ? 2 : 1);
  if (surplus.length > 0)
    throw new UsageError(
      `backups ${action} takes no ${surplus.join(" ")}`,
      'A schedule of several words stands in quotes: "0 3 * * *"',
    );
  switch (action) {
    case "list":
      return await list(context, own);
    case "create":
      return await create(context, await getAddon(context, own));
    case "schedule":
      return await schedule(context, await getAddon(context, own), rest);
    case "unschedule":
      return await unschedule(context, await getAddon(context, own));
    case "info":
      return info(context, await getBackup(context, first, addon));
    case "restore":
      return await restore(context, await getBackup(context, first, addon), addon ?? second);
    case "download":
      return await downloadBackup(context, await getBackup(context, first, addon), second);
    case "verify":
      return await verifyBackup(context, await getBackup(context, first, addon));
    case "delete":
      return await remove(context, first);
    default:
      throw new UsageError(
        `backups has no action ${JSON.stringify(action)}`,
        "The actions: list, create, schedule, unschedule, info, restore, download, verify, delete",
      );
  }
}

async function list(context: CommandContext, addon: string | undefined): Promise<void> {
  await listObjects(context, addonBackup, {
    ...(addon === undefined ? {} : { fieldSelector: `spec.addon=${addon}` }),
    empty: `No backups yet. Make one: nagi addons backups create ${addon ?? "ADDON"}`,
  });
  if (addon === undefined || context.text("output") !== undefined) return;
  const text = await scheduleText(context, addon);
  if (text !== undefined) context.terminal.note(`Scheduled: ${text}`);
}

async function scheduleText(context: CommandContext, name: string): Promise<string | undefined> {
  const client = await context.client();
  try {
    const { spec } = await client.get(addonKind, { namespace: await context.namespace(), name });
    return spec.backups === undefined ? undefined : keepText(spec.backups, Date.now());
  } catch (error) {
    // Backups outlive their add-on.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function refuseWithoutDump(context: CommandContext, addon: Addon): Promise<void> {
  const { spec, metadata } = await serviceOf(context, addon);
  if (spec.commands?.dump === undefined)
    throw new UsageError(`service ${metadata.name} has no dump: there is nothing to back up`);
}

/** The store of --to, which must be there. */
async function storeOf(context: CommandContext): Promise<string | undefined> {
  const name = context.text("to");
  if (name === undefined) return undefined;
  const client = await context.client();
  const namespace = await context.namespace();
  try {
    await client.get(backupStore, { namespace, name });
    return name;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no backup store ${name} in namespace ${namespace}`,
      "Those there are: nagi addons stores. Add one: nagi addons stores add NAME --endpoint URL --bucket NAME",
    );
  }
}

async function create(context: CommandContext, addon: Addon): Promise<number> {
  await refuseWithoutDump(context, addon);
  const store = await storeOf(context);
  const { namespace, name = "", uid } = addon.metadata;
  const { service, plan } = addon.spec;
  const when = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const spec = {
    addon: name,
    ...(uid === undefined ? {} : { addonUid: uid }),
    service,
    plan,
    cause: "manual" as const,
    ...(store === undefined ? {} : { store }),
  };
  const object = newObject<AddonBackup>(addonBackup, { namespace, name: `${name}-${when}` }, { spec });
  const client = await context.client();
  return await followBackup(context, await client.create(addonBackup, object));
}

async function schedule(context: CommandContext, addon: Addon, given: string | undefined): Promise<void> {
  const { name = "" } = addon.metadata;
  if (given === undefined)
    throw new UsageError(
      "backups schedule needs a schedule",
      `For instance: nagi addons backups schedule ${name} "0 3 * * *" --time-zone Europe/Berlin --keep 7`,
    );
  const parsed = parseCron(given);
  if ("problem" in parsed) throw new UsageError(`the schedule ${JSON.stringify(given)} ${parsed.problem}`);
  const timeZone = context.text("time-zone");
  const problem = timeZone === undefined ? undefined : checkTimeZone(timeZone);
  if (problem !== undefined)
    throw new UsageError(`--time-zone ${timeZone}: ${problem}`, "For instance: Europe/Berlin");
  await refuseWithoutDump(context, addon);
  const store = await storeOf(context);
  const client = await context.client();
  // What is not said this time does not stay from the last.
  const wish = {
    schedule: given,
    timeZone: timeZone ?? null,
    store: store ?? null,
    keep: { last: null, daily: null, weekly: null, ...keepOf(context) },
    since: new Date().toISOString(),
  };
  const patch = { type: "merge", body: { spec: { backups: wish } } } as const;
  const { spec } = await client.patch(addonKind, refOf(addon), patch);
  if (spec.backups !== undefined)
    context.terminal.print(`${name} is backed up ${keepText(spec.backups, Date.now())}`);
}

function keepOf(context: CommandContext): BackupsKept {
  const counts = { last: "keep", daily: "keep-daily", weekly: "keep-weekly" } as const;
  const given = Object.entries(counts).flatMap(([field, option]) => {
    const count = context.number(option);
    if (count === undefined) return [];
    if (!Number.isInteger(count) || count < 1 || count > 1000)
      throw new UsageError(`--${option} is ${count}: must be a whole number from 1 to 1000`);
    return [[field, count]];
  });
  return given.length === 0 ? { last: 7 } : (Object.fromEntries(given) as BackupsKept);
}

async function unschedule(context: CommandContext, addon: Addon): Promise<void> {
  const { name = "" } = addon.metadata;
  if (addon.spec.backups === undefined) throw new UsageError(`add-on ${name} has no schedule of backups`);
  const client = await context.client();
  await client.patch(addonKind, refOf(addon), { type: "merge", body: { spec: { backups: null } } });
  context.terminal.print(`${name} is not backed up by itself any more; the backups that there are stay`);
}

function info(context: CommandContext, backup: AddonBackup): void {
  const output = context.text("output");
  if (output === "json" || output === "yaml") return context.terminal.write(objectText(backup, output));
  const { metadata, spec, status = {} } = backup;
  const { verification } = status;
  const said = (phase: string, message?: string): string =>
    message === undefined ? phase : `${phase}: ${message}`;
  context.terminal.print(
    columns([
      ["Backup:", metadata.name ?? ""],
      ["Of:", `${spec.addon} (${spec.service}:${spec.plan})`],
      ["Cause:", spec.cause ?? "manual"],
      ["Status:", said(status.phase ?? "Pending", status.message)],
      ["As of:", status.startedAt ?? "-"],
      ["Completed:", status.completedAt ?? "-"],
      ["Size:", status.sizeBytes === undefined ? "-" : bytesText(status.sizeBytes)],
      ["SHA-256:", status.sha256 ?? "-"],
      ["Where:", `${spec.store ?? "disk"}${status.file === undefined ? "" : `, ${status.file}`}`],
      [
        "Checked:",
        verification === undefined
          ? `never: nagi addons verify-backup ${metadata.name}`
          : `${said(verification.phase, verification.message)} (${verification.completedAt ?? verification.requestedAt})`,
      ],
    ]),
  );
}

/** Into the add-on that it is of, or another one of the service. */
async function restore(
  context: CommandContext,
  backup: AddonBackup,
  into: string | undefined,
): Promise<number> {
  const { metadata, spec, status } = backup;
  const addon = await getAddon(context, into ?? spec.addon);
  const { name = "" } = addon.metadata;
  if (addon.spec.service !== spec.service)
    throw new UsageError(
      `backup ${metadata.name} is of service ${spec.service}, ${name} is ${addon.spec.service}`,
    );
  if (status?.phase !== "Complete")
    throw new UsageError(
      `backup ${metadata.name} is ${status?.phase ?? "Pending"}: only a complete one can be restored`,
      `What is wrong with it: nagi addons backups info ${metadata.name}`,
    );
  if (context.text("confirm") !== name)
    throw new UsageError(
      `this replaces all data of ${name} by that of ${status.startedAt} (backup ${metadata.name})`,
      `If that is meant, add: --confirm ${name}`,
    );
  const wish = { backup: metadata.name ?? "", requestedAt: new Date().toISOString() };
  const client = await context.client();
  const patch = { type: "merge", body: { spec: { restore: wish } } } as const;
  return await followRestore(context, await client.patch(addonKind, refOf(addon), patch));
}

export async function verifyBackup(context: CommandContext, backup: AddonBackup): Promise<number> {
  const { metadata, status } = backup;
  if (status?.phase !== "Complete")
    throw new UsageError(
      `backup ${metadata.name} is ${status?.phase ?? "Pending"}: only a complete one is checked`,
    );
  const client = await context.client();
  const body = { spec: { verifyAt: new Date().toISOString() } };
  return await followVerification(
    context,
    await client.patch(addonBackup, refOf(backup), { type: "merge", body }),
  );
}

async function remove(context: CommandContext, name: string | undefined): Promise<void> {
  if (name === undefined)
    throw new UsageError("the name of a backup is missing", "Those there are: nagi addons backups");
  const client = await context.client();
  const backup = await getBackup(context, name);
  if (backup.metadata.name !== name)
    throw new UsageError(
      `${name} is an add-on: which of its backups?`,
      `Those there are: nagi addons backups list ${name}`,
    );
  const left = (await backupsOf(context, backup.spec.addon)).filter(
    ({ status }) => status?.phase === "Complete",
  );
  const isLast = backup.status?.phase === "Complete" && left.length === 1;
  if (context.text("confirm") !== name)
    throw new UsageError(
      `this deletes the backup ${name} for good${isLast ? `, the only one of ${backup.spec.addon}` : ""}`,
      `If that is meant, add: --confirm ${name}`,
    );
  await client.delete(addonBackup, refOf(backup));
  await untilGone(context, backup);
  context.terminal.print(`Deleted backup ${name}`);
}

async function untilGone(context: CommandContext, backup: AddonBackup): Promise<void> {
  const client = await context.client();
  while (!context.flag("no-wait")) {
    try {
      const { status, metadata } = await client.get(addonBackup, refOf(backup));
      if (metadata.uid !== backup.metadata.uid) break;
      context.terminal.progress(
        `Deleting ${metadata.name}${status?.message === undefined ? "" : `: ${status.message}`}`,
      );
    } catch (error) {
      if (isNotFound(error)) break;
      throw error;
    }
    await pause(pollMs, context.signal);
  }
  context.terminal.progressDone();
}
