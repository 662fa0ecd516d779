import { addon as addonKind } from "../../model/kinds/nagi/addon/addon.ts";
import { addonVarNames } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { attachAddon, detachAddon } from "../addons/attach-addon.ts";
import { backupOptions, backups, verifyBackup } from "../addons/backups.ts";
import { storeOptions, stores } from "../addons/backup-stores.ts";
import { backupRows } from "../addons/backup-rows.ts";
import { createAddon } from "../addons/create-addon.ts";
import { getAddon, serviceOf } from "../addons/find-addon.ts";
import { getBackup } from "../addons/find-backup.ts";
import { followReady, followRotation } from "../addons/follow-addon.ts";
import {
  dump,
  openShell,
  restore,
  runAction,
  serverInfo,
  type ServerTarget,
} from "../addons/server-commands.ts";
import { catalogue, services } from "../addons/services.ts";
import { appOption } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { listObjects, listOptions } from "../listing.ts";
import { objectText } from "../output.ts";
import { pause, pollMs } from "../wait.ts";

export const command: Command = {
  name: "addons",
  group: "Apps",
  summary: "Databases and other services for apps: make, attach, dump, restore, destroy.",
  usage:
    "[catalogue | create APP SERVICE[:PLAN] | info NAME | attach NAME [APP] | detach NAME [APP] | rotate NAME | resize NAME PLAN |\n" +
    "       shell NAME | run NAME ACTION | dump NAME [FILE] | restore NAME FILE | destroy NAME |\n" +
    "       services [list | add DIR | info | remove] | stores [list | add NAME | remove NAME] | verify-backup BACKUP |\n" +
    "       backups [list [NAME] | create NAME | schedule NAME SCHEDULE | unschedule NAME | info | download | verify | delete BACKUP |\n" +
    "       restore BACKUP [NAME]]]",
  description:
    "An add-on is a server of its own with a volume. The app gets its address and credentials as config vars, such as\n" +
    "DATABASE_URL; a second one of the kind gets a colour, or the name of --as. Several apps may use one. rotate gives it\n" +
    "other credentials while the apps go on: the old ones are removed when nothing runs with them any more. destroy removes\n" +
    "the data for good, and refuses while apps use it. services add makes a service of an operator's own recipe.\n" +
    "Backups are dumps that the platform keeps, on its disk or in a store (a bucket of S3), now or at the times of a schedule;\n" +
    "they outlive their add-on. verify-backup restores one into a server of its own and reads all of it.",
  subcommands: [
    "list",
    "catalogue",
    "create",
    "info",
    "attach",
    "detach",
    "rotate",
    "resize",
    "shell",
    "run",
    "dump",
    "restore",
    "destroy",
    "backups",
    "verify-backup",
    "stores",
    "services",
  ],
  options: [
    appOption,
    ...listOptions,
    {
      name: "name",
      type: "string",
      value: "NAME",
      description: "With create: name of the add-on (default: APP-SERVICE).",
    },
    {
      name: "as",
      type: "string",
      value: "NAME",
      description: "With create, attach and detach: what the config vars' names begin with, such as CACHE.",
    },
    { name: "unattached", type: "boolean", description: "With create: for no app yet; needs --name." },
    {
      name: "confirm",
      type: "string",
      value: "NAME",
      description: "With destroy, restore and delete: the name again, as a guard.",
    },
    ...backupOptions,
    ...storeOptions,
    { name: "no-wait", type: "boolean", description: "Do not wait until it is done." },
  ],
  examples: [
    "nagi addons catalogue",
    "nagi addons create shop postgresql",
    "nagi addons create shop redis --as CACHE",
    "nagi addons attach shop-postgresql --app reports",
    "nagi addons dump shop-postgresql before.dump",
    "nagi addons backups create shop-postgresql",
    'nagi addons backups schedule shop-postgresql "0 3 * * *" --time-zone Europe/Berlin --keep-daily 7 --keep-weekly 4',
    "nagi addons destroy shop-postgresql --confirm shop-postgresql",
  ],
  async run(context) {
    const [action = "list", ...words] = context.args;
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (act !== undefined) return await act(context, words);
    throw new UsageError(
      `nagi addons has no action ${JSON.stringify(action)}`,
      `The actions: ${Object.keys(actions).join(", ")}`,
    );
  },
};

type Action = (context: CommandContext, words: readonly string[]) => Promise<number | void>;

const actions: Readonly<Record<string, Action>> = {
  list,
  catalogue,
  create: createAddon,
  info,
  attach: attachAddon,
  detach: detachAddon,
  rotate,
  resize,
  shell: async (context, [name, ...words]) => await openShell(context, await target(context, name), words),
  run: async (context, [name, ...words]) => await runAction(context, await target(context, name), words),
  dump: async (context, [name, file]) => await dump(context, await target(context, name), file),
  restore: async (context, [name, file]) => await restore(context, await target(context, name), file),
  destroy,
  backups: async (context, words) => await backups(context, words),
  "verify-backup": async (context, [name]) => await verifyBackup(context, await getBackup(context, name)),
  stores,
  services,
};

async function target(context: CommandContext, name: string | undefined): Promise<ServerTarget> {
  const addon = await getAddon(context, name);
  return { addon, service: await serviceOf(context, addon) };
}

async function list(context: CommandContext): Promise<void> {
  await listObjects(context, addonKind, {
    empty: "No add-ons yet. What there is: nagi addons catalogue. Make one: nagi addons create APP SERVICE",
  });
}

async function info(context: CommandContext, [name]: readonly string[]): Promise<void> {
  const found = await target(context, name);
  const { addon, service } = found;
  const output = context.text("output");
  if (output === "json" || output === "yaml") return context.terminal.write(objectText(addon, output));
  const { spec, status = {} } = addon;
  const { memory, storage } = service.spec.plans[spec.plan] ?? {};
  const sizes = [memory && `${memory} memory`, service.spec.data && storage && `${storage} volume`];
  const attached = (status.attachments ?? []).map(({ app, as, phase, message }) => [
    "Attached to:",
    `${app} as ${addonVarNames(service, as).join(", ")}${phase === "Attached" ? "" : ` (${phase}: ${message})`}`,
  ]);
  const { rotation } = status;
  return context.terminal.print(
    columns([
      ["Add-on:", addon.metadata.name ?? ""],
      ["Service:", `${spec.service}:${spec.plan} (${sizes.filter(Boolean).join(", ")})`],
      ["Status:", `${status.phase ?? "Pending"}${status.message === undefined ? "" : `: ${status.message}`}`],
      ["Address:", status.host === undefined ? "-" : `${status.host}:${status.port}`],
      ...(attached.length === 0 ? [["Attached to:", "no app"]] : attached),
      ...(rotation === undefined
        ? []
        : [
            [
              "Rotation:",
              `${rotation.phase}${rotation.message === undefined ? "" : `: ${rotation.message}`}`,
            ],
          ]),
      ...(await backupRows(context, addon)),
      ...(await serverInfo(context, found)),
    ]),
  );
}

async function rotate(context: CommandContext, [name]: readonly string[]): Promise<number> {
  const { addon, service } = await target(context, name);
  if (service.spec.commands?.addUser === undefined)
    throw new UsageError(`service ${service.metadata.name} has no users: there is nothing to rotate`);
  const client = await context.client();
  const patch = { type: "merge", body: { spec: { rotatedAt: new Date().toISOString() } } } as const;
  const changed = await client.patch(addonKind, refOf(addon), patch);
  if (!context.flag("no-wait")) return await followRotation(context, changed);
  context.terminal.print(`Add-on ${name} gets new credentials: nagi addons info ${name}`);
  return 0;
}

async function resize(context: CommandContext, [name, plan]: readonly string[]): Promise<number> {
  const { addon, service } = await target(context, name);
  const plans = Object.keys(service.spec.plans);
  if (plan === undefined || !plans.includes(plan))
    throw new UsageError(
      plan === undefined
        ? "nagi addons resize needs a plan"
        : `service ${service.metadata.name} has no plan ${plan}`,
      `It has: ${plans.join(", ")}`,
    );
  if (plan === addon.spec.plan) throw new UsageError(`add-on ${name} has plan ${plan} already`);
  const client = await context.client();
  const changed = await client.patch(addonKind, refOf(addon), { type: "merge", body: { spec: { plan } } });
  context.terminal.note("Its server starts again with the new size; the volume keeps its size.");
  return await followReady(context, changed);
}

async function destroy(context: CommandContext, [name]: readonly string[]): Promise<void> {
  const { addon } = await target(context, name);
  const apps = [...new Set((addon.spec.attachments ?? []).map(({ app }) => app))];
  if (apps.length > 0)
    throw new UsageError(
      `add-on ${name} is in use by ${apps.join(", ")}`,
      `Detach it first: ${apps.map((app) => `nagi addons detach ${name} --app ${app}`).join("; ")}`,
    );
  if (context.text("confirm") !== name)
    throw new UsageError(
      `this deletes the add-on ${name} and all its data for good`,
      `If that is meant: nagi addons destroy ${name} --confirm ${name}. To keep the data: nagi addons dump ${name}`,
    );
  const client = await context.client();
  await client.delete(addonKind, refOf(addon), { propagationPolicy: "Foreground" });
  context.terminal.progress(`Deleting ${name}`);
  while (!context.flag("no-wait")) {
    try {
      const still = await client.get(addonKind, refOf(addon));
      if (still.metadata.uid !== addon.metadata.uid) break;
    } catch (error) {
      if (isNotFound(error)) break;
      throw error;
    }
    await pause(pollMs, context.signal);
  }
  context.terminal.progressDone();
  context.terminal.print(`Deleted add-on ${name}`);
}
