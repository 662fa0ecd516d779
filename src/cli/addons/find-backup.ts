/** Which backup a command means. */

import { addonBackup, type AddonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";

/** `word` is a backup, or an add-on, of which the newest complete one is meant; `addon` is meant when there is no word. */
export async function getBackup(
  context: CommandContext,
  word: string | undefined,
  addon?: string,
): Promise<AddonBackup> {
  const name = word ?? addon;
  if (name === undefined)
    throw new UsageError("the name of a backup is missing", "Those there are: nagi addons backups");
  const client = await context.client();
  const namespace = await context.namespace();
  try {
    return await client.get(addonBackup, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const newest = (await backupsOf(context, name)).find(({ status }) => status?.phase === "Complete");
  if (newest !== undefined) return newest;
  const what = word === undefined ? `add-on ${name} has no complete backup` : `there is no backup ${name}`;
  throw new UsageError(
    what,
    `Those there are: nagi addons backups. Make one: nagi addons backups create ADDON`,
  );
}

/** Newest first. */
export async function backupsOf(context: CommandContext, addon: string): Promise<AddonBackup[]> {
  const client = await context.client();
  const namespace = await context.namespace();
  const { items } = await client.list(addonBackup, { namespace, fieldSelector: `spec.addon=${addon}` });
  const start = ({ metadata, status }: AddonBackup): string =>
    status?.startedAt ?? metadata.creationTimestamp ?? "";
  return items.toSorted((a, b) => (start(a) < start(b) ? 1 : -1));
}
