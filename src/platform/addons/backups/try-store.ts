/** Tries a backup store when it is new or changed, and again while it does not work. */

import type { Client } from "../../../client/client.ts";
import type { Reconciled } from "../../../client/controller.ts";
import { findObject } from "../../../client/find-object.ts";
import { messageOf } from "../../../lib/errors.ts";
import { backupStore, type BackupStore } from "../../../model/kinds/nagi/backupstore/backupstore.ts";
import { refFromKey } from "../../../model/meta.ts";
import type { BackupPlaces } from "./backup-places.ts";
import { patchStatus } from "./status-patch.ts";

const againMs = 60_000;

export async function tryStore(
  key: string,
  { client, places }: { readonly client: Client; readonly places: BackupPlaces },
): Promise<Reconciled | undefined> {
  const store = await findObject(client, backupStore, refFromKey(key));
  if (store === undefined || store.metadata.deletionTimestamp !== undefined) return undefined;
  const { generation } = store.metadata;
  const isSeen = store.status?.observedGeneration === generation;
  if (isSeen && store.status?.phase === "Ready") return undefined;
  const message = await problemOf(store, places);
  const phase = message === undefined ? "Ready" : "Failed";
  if (!isSeen || store.status?.phase !== phase || store.status?.message !== message)
    await patchStatus(client, backupStore, store, { phase, message, observedGeneration: generation });
  return message === undefined ? undefined : { requeueAfterMs: againMs };
}

async function problemOf({ metadata }: BackupStore, places: BackupPlaces): Promise<string | undefined> {
  const found = await places.bucket(metadata.namespace, metadata.name ?? "");
  if ("problem" in found) return found.problem;
  try {
    await found.bucket.probe();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
