/** `nagi addons stores`: places outside of the platform that backups go to. */

import { encodeText } from "../../lib/base64.ts";
import { newObject } from "../../model/kind.ts";
import { addon as addonKind } from "../../model/kinds/nagi/addon/addon.ts";
import { addonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { backupStore, storeKeys, type BackupStore } from "../../model/kinds/nagi/backupstore/backupstore.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { refOf } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { listObjects } from "../listing.ts";
import { paint } from "../terminal.ts";
import { pause, pollMs } from "../wait.ts";

export const storeOptions: readonly Option[] = [
  {
    name: "endpoint",
    type: "string",
    value: "URL",
    description: "With stores add: the server, such as https://s3.eu-central-1.amazonaws.com.",
  },
  {
    name: "bucket",
    type: "string",
    value: "NAME",
    description: "With stores add: the bucket, which must be there.",
  },
  {
    name: "region",
    type: "string",
    value: "NAME",
    description: "With stores add: the region (default: us-east-1).",
  },
  {
    name: "prefix",
    type: "string",
    value: "PATH",
    description: "With stores add: what names in it begin with.",
  },
  {
    name: "virtual-host",
    type: "boolean",
    description: "With stores add: the bucket stands before the server's name, not in the path.",
  },
  {
    name: "access-key-id",
    type: "string",
    value: "ID",
    env: storeKeys.id,
    description: "With stores add: whom requests are signed as.",
  },
  {
    name: "secret-access-key",
    type: "string",
    value: "KEY",
    env: storeKeys.secret,
    description: "With stores add: what they are signed with; in the environment, others do not see it.",
  },
];

export async function stores(
  context: CommandContext,
  [action = "list", name, ...rest]: readonly string[],
): Promise<number | void> {
  if (rest.length > 0) throw new UsageError(`nagi addons stores ${action} takes no ${rest.join(" ")}`);
  switch (action) {
    case "list":
      return await listObjects(context, backupStore, {
        empty: "No backup stores: backups stay on the platform's disk. Add one: nagi addons stores add NAME",
      });
    case "add":
      return await add(context, name);
    case "remove":
      return await remove(context, name);
    default:
      throw new UsageError(
        `nagi addons stores has no action ${JSON.stringify(action)}`,
        "The actions: list, add, remove",
      );
  }
}

function needed(context: CommandContext, option: string, example: string): string {
  const given = context.text(option);
  if (given !== undefined && given !== "") return given;
  throw new UsageError(`nagi addons stores add needs --${option}`, `For instance: --${option} ${example}`);
}

/** Adding it again changes it. */
async function add(context: CommandContext, name: string | undefined): Promise<number> {
  if (name === undefined)
    throw new UsageError("a backup store needs a name", "For instance: nagi addons stores add offsite");
  const endpoint = needed(context, "endpoint", "https://s3.eu-central-1.amazonaws.com");
  const bucket = needed(context, "bucket", "shop-backups");
  const id = needed(context, "access-key-id", `ID, or set ${storeKeys.id}`);
  const key = needed(context, "secret-access-key", `KEY, or set ${storeKeys.secret}`);
  const namespace = await context.namespace();
  const secretName = `backup-store-${name}`;
  const [region, prefix] = [context.text("region"), context.text("prefix")];
  const s3 = {
    endpoint,
    bucket,
    ...(region === undefined ? {} : { region }),
    ...(prefix === undefined ? {} : { prefix }),
    pathStyle: !context.flag("virtual-host"),
    secret: secretName,
  };
  const wanted = newObject<BackupStore>(backupStore, { namespace, name }, { spec: { s3 } });
  const client = await context.client();
  // What is wrong with it is told before a secret is made.
  await client
    .create(backupStore, wanted, { dryRun: true, fieldValidation: "Strict" })
    .catch((error: unknown) => {
      if (!isStatus(error, "AlreadyExists")) throw error;
    });
  await writeSecret(context, secretName, {
    [storeKeys.id]: encodeText(id),
    [storeKeys.secret]: encodeText(key),
  });
  return await followStore(context, await writeStore(context, wanted));
}

async function writeSecret(
  context: CommandContext,
  name: string,
  data: Record<string, string>,
): Promise<void> {
  const client = await context.client();
  const ref = { namespace: await context.namespace(), name };
  try {
    await client.create(secret, newObject<Secret>(secret, ref, { type: "Opaque", data }));
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    await client.patch(secret, ref, { type: "merge", body: { data } });
  }
}

async function writeStore(context: CommandContext, wanted: BackupStore): Promise<BackupStore> {
  const client = await context.client();
  try {
    return await client.create(backupStore, wanted);
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
  }
  // A new object, so that it is tried anew with the credentials of now.
  await client.delete(backupStore, refOf(wanted));
  return await client.create(backupStore, wanted);
}

async function followStore(context: CommandContext, made: BackupStore): Promise<number> {
  const { terminal } = context;
  const { name = "" } = made.metadata;
  const { bucket, endpoint } = made.spec.s3;
  const client = await context.client();
  while (!context.flag("no-wait")) {
    const { status = {} } = await client.get(backupStore, refOf(made));
    if (status.phase === "Ready") {
      terminal.progressDone();
      terminal.print(`Backup store ${name} works: bucket ${bucket} at ${endpoint}`);
      return 0;
    }
    if (status.phase === "Failed") {
      terminal.progressDone();
      terminal.note(
        `${paint(terminal, "red", "error:")} backup store ${name} does not work: ${status.message}`,
      );
      terminal.note(
        `It is tried again each minute. Add it again to change it, or: nagi addons stores remove ${name}`,
      );
      return 1;
    }
    terminal.progress(`Trying backup store ${name}`);
    await pause(pollMs, context.signal);
  }
  return 0;
}

async function remove(context: CommandContext, name: string | undefined): Promise<void> {
  if (name === undefined)
    throw new UsageError("nagi addons stores remove needs a store", "Those there are: nagi addons stores");
  const client = await context.client();
  const namespace = await context.namespace();
  let found: BackupStore;
  try {
    found = await client.get(backupStore, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(`there is no backup store ${name}`, "Those there are: nagi addons stores");
  }
  const scheduled = (await client.list(addonKind, { namespace })).items
    .filter(({ spec }) => spec.backups?.store === name)
    .map(({ metadata }) => metadata.name);
  if (scheduled.length > 0)
    throw new UsageError(
      `backup store ${name} is in use: backups of ${scheduled.join(", ")} are scheduled to it`,
      `Schedule them elsewhere, or: nagi addons backups unschedule ${scheduled[0]}`,
    );
  const inIt = (await client.list(addonBackup, { namespace })).items.filter(
    ({ spec }) => spec.store === name,
  );
  if (inIt.length > 0 && context.text("confirm") !== name)
    throw new UsageError(
      `backup store ${name} has ${inIt.length} backups, which cannot be restored without it`,
      `Their data stays in the bucket. If that is meant, add: --confirm ${name}`,
    );
  await client.delete(backupStore, refOf(found));
  await client.delete(secret, { namespace, name: found.spec.s3.secret }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  context.terminal.print(`Removed backup store ${name}; what is in its bucket stays`);
}
