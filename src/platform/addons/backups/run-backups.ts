/** The controllers of backups: what is due is made, what is wished is made, checked, restored or removed. */

import type { Client } from "../../../client/client.ts";
import { runController } from "../../../client/controller.ts";
import { EventRecorder } from "../../../client/event-recorder.ts";
import { Informer } from "../../../client/informer.ts";
import type { OpenChannels } from "../../../client/run-in-pod.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Logger } from "../../../lib/log.ts";
import { addon as addonKind } from "../../../model/kinds/nagi/addon/addon.ts";
import { addonBackup, type AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { backupStore } from "../../../model/kinds/nagi/backupstore/backupstore.ts";
import { keyOf, refOf, type KubeObject } from "../../../model/meta.ts";
import type { BackupPlaces } from "./backup-places.ts";
import { BackupReconciler } from "./backup-reconciler.ts";
import { RestoreReconciler } from "./restore-reconciler.ts";
import { keepSchedule } from "./schedule-reconciler.ts";
import { tryStore } from "./try-store.ts";

/** Backups that are made or checked at a time, and restores. */
const workers = 2;

export interface BackupsOptions {
  readonly client: Client;
  /** Opens sessions with the servers' pods. */
  readonly open: OpenChannels;
  readonly places: BackupPlaces;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Runs until the signal aborts. */
export async function runBackups(options: BackupsOptions, signal: AbortSignal): Promise<void> {
  const { client, clock } = options;
  const log = options.log.child({ component: "addon-backups" });
  const events = new EventRecorder({ client, component: "nagi-addon-backups", clock, log });
  const parts = { ...options, events };
  const backups = new BackupReconciler(parts);
  const restores = new RestoreReconciler(parts);
  const addonInformer = new Informer({ client, kind: addonKind, clock, log });
  const backupInformer = new Informer({ client, kind: addonBackup, clock, log });
  const ofAddons = { informer: addonInformer as unknown as Informer<KubeObject>, keysOf: ownKey };
  const ofBackups = { informer: backupInformer as unknown as Informer<KubeObject> };
  const common = { client, workers, clock, log };
  await Promise.all([
    addonInformer.run(signal),
    backupInformer.run(signal),
    runController(
      {
        ...common,
        name: "addon-backups",
        watches: [{ ...ofBackups, keysOf: ownKey }],
        reconcile: (key, ended) => backups.reconcile(key, ended),
      },
      signal,
    ),
    runController(
      {
        ...common,
        name: "addon-backup-schedules",
        watches: [ofAddons, { ...ofBackups, keysOf: addonKey }],
        reconcile: (key) => keepSchedule(key, { client, clock }),
      },
      signal,
    ),
    runController(
      {
        ...common,
        name: "backup-stores",
        watches: [{ kind: backupStore, keysOf: ownKey }],
        reconcile: (key) => tryStore(key, parts),
      },
      signal,
    ),
    runController(
      {
        ...common,
        name: "addon-restores",
        watches: [ofAddons],
        reconcile: (key, ended) => restores.reconcile(key, ended),
      },
      signal,
    ),
  ]);
}

function ownKey(object: KubeObject): string[] {
  return [keyOf(refOf(object))];
}

function addonKey(object: KubeObject): string[] {
  const { metadata, spec } = object as AddonBackup;
  return [`${metadata.namespace}/${spec.addon}`];
}
