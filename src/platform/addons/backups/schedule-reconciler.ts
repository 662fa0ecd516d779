/** Makes the backups of an add-on that are due, and removes those that its rule keeps no longer. */

import type { Client } from "../../../client/client.ts";
import type { Reconciled } from "../../../client/controller.ts";
import { findObject } from "../../../client/find-object.ts";
import type { Clock } from "../../../lib/clock.ts";
import { addon as addonKind, type Addon } from "../../../model/kinds/nagi/addon/addon.ts";
import { addonBackup, type AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { refFromKey, refOf } from "../../../model/meta.ts";
import { newObject } from "../../../model/kind.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import { backupName, planBackups } from "./backup-plan.ts";
import { patchStatus } from "./status-patch.ts";

/** A clock that is set is noticed within this time. */
const lookMaxMs = 60_000;

export async function keepSchedule(
  key: string,
  { client, clock }: { readonly client: Client; readonly clock: Clock },
): Promise<Reconciled | undefined> {
  const { namespace, name } = refFromKey(key);
  const addon = await findObject(client, addonKind, { namespace, name });
  if (addon?.spec.backups === undefined || addon.metadata.deletionTimestamp !== undefined) return undefined;
  const { items } = await client.list(addonBackup, { namespace, fieldSelector: `spec.addon=${name}` });
  const present = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const nowMs = clock.now();
  const { dueMs, nextMs, gone } = planBackups(addon, present, { nowMs });
  if (dueMs !== undefined) {
    await make(client, addon, dueMs);
    await patchStatus(client, addonKind, addon, { backupDueAt: timestamp(dueMs) });
  }
  for (const each of gone) await remove(client, each);
  return nextMs === undefined ? undefined : { requeueAfterMs: Math.min(nextMs - nowMs, lookMaxMs) };
}

async function make(client: Client, { metadata, spec }: Addon, dueMs: number): Promise<void> {
  const { namespace, name: addon = "" } = metadata;
  const { service, plan, backups } = spec;
  const wanted = {
    spec: {
      addon,
      ...(metadata.uid !== undefined && { addonUid: metadata.uid }),
      service,
      plan,
      cause: "schedule" as const,
      ...(backups?.store && { store: backups.store }),
    },
  };
  const own = { namespace, name: backupName(addon, dueMs) };
  try {
    await client.create(addonBackup, newObject<AddonBackup>(addonBackup, own, wanted));
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
  }
}

async function remove(client: Client, backup: AddonBackup): Promise<void> {
  try {
    await client.delete(addonBackup, refOf(backup));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
