/**
 * Makes a backup, checks it when asked, and removes its data before the object goes. What must stay true: a backup is
 * Complete only when all of it is kept; one that was cut short is made anew, a limited number of times.
 */

import type { Client } from "../../../client/client.ts";
import type { Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { findObject } from "../../../client/find-object.ts";
import type { OpenChannels } from "../../../client/run-in-pod.ts";
import type { Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import { addon as addonKind, type Addon } from "../../../model/kinds/nagi/addon/addon.ts";
import { addonPodName } from "../../../model/kinds/nagi/addon/addon-vars.ts";
import {
  addonBackup,
  backupFinalizer,
  type AddonBackup,
  type AddonBackupStatus,
} from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { addonService } from "../../../model/kinds/nagi/addonservice/addonservice.ts";
import { keyOf, refFromKey, refOf } from "../../../model/meta.ts";
import type { BackupPlaces } from "./backup-places.ts";
import { BackupVerifier } from "./backup-verifier.ts";
import { dumpServer } from "./server-data.ts";
import { patchStatus } from "./status-patch.ts";

const pollMs = 1000;
/** An add-on that starts again is waited for. */
const readyMaxMs = 10 * 60_000;
const attemptsMax = 3;
const retryMs = 30_000;

export interface BackupReconcilerOptions {
  readonly client: Client;
  readonly open: OpenChannels;
  readonly places: BackupPlaces;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export class BackupReconciler {
  readonly #options: BackupReconcilerOptions;
  readonly #verifier: BackupVerifier;
  /** By key: when a backup whose turn it was found that its add-on does not serve. */
  readonly #waitingSince = new Map<string, number>();

  constructor(options: BackupReconcilerOptions) {
    this.#options = options;
    this.#verifier = new BackupVerifier(options);
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Reconciled | undefined> {
    const found = await findObject(this.#options.client, addonBackup, refFromKey(key));
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      this.#waitingSince.delete(key);
      return found === undefined ? undefined : await this.#remove(found);
    }
    const backup = await this.#withFinalizer(found);
    switch (backup.status?.phase) {
      case "Complete":
        return await this.#verifier.step(backup, signal);
      case "Failed":
        return undefined;
      default:
        return await this.#make(backup, signal);
    }
  }

  async #withFinalizer(backup: AddonBackup): Promise<AddonBackup> {
    const { finalizers = [], resourceVersion } = backup.metadata;
    if (finalizers.includes(backupFinalizer)) return backup;
    const body = { metadata: { finalizers: [...finalizers, backupFinalizer], resourceVersion } };
    return await this.#options.client.patch(addonBackup, refOf(backup), { type: "merge", body });
  }

  async #make(backup: AddonBackup, signal: AbortSignal): Promise<Reconciled | undefined> {
    const { client, clock } = this.#options;
    const { namespace } = backup.metadata;
    const addon = await findObject(client, addonKind, { namespace, name: backup.spec.addon });
    if (addon === undefined) return await this.#fail(backup, `there is no add-on ${backup.spec.addon}`);
    const { addonUid = addon.metadata.uid } = backup.spec;
    if (addon.metadata.uid !== addonUid)
      return await this.#fail(
        backup,
        `add-on ${backup.spec.addon} is another one than that was to be backed up`,
      );
    const service = await findObject(client, addonService, { name: addon.spec.service });
    const run = service?.spec.commands?.dump;
    if (run === undefined)
      return await this.#fail(
        backup,
        `service ${addon.spec.service} has no dump: there is nothing to back up`,
      );
    const waited = this.#waitFor(backup, addon);
    if (waited !== undefined) return await waited;
    const attempts = (backup.status?.attempts ?? 0) + 1;
    if (attempts > attemptsMax) return await this.#fail(backup, `it was cut short ${attemptsMax} times`);
    const startedAt = timestamp(clock.now());
    await this.#write(backup, { phase: "Running", message: undefined, attempts, startedAt });
    const file = fileOf(backup, service?.spec.extension);
    try {
      const place = await this.#options.places.get(backup);
      const pod = { namespace, name: addonPodName(backup.spec.addon) };
      const kept = await place.keep(
        file,
        async (write) => await dumpServer(this.#options.open, { pod, run, signal }, write),
      );
      const completedAt = timestamp(clock.now());
      await this.#write(backup, { phase: "Complete", message: undefined, completedAt, file, ...kept });
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      return await this.#failed({ ...backup, status: { ...backup.status, attempts } }, messageOf(error));
    }
  }

  /** Undefined when the add-on serves. */
  #waitFor(backup: AddonBackup, { metadata, status }: Addon): Promise<Reconciled | undefined> | undefined {
    const key = keyOf(refOf(backup));
    if (status?.phase === "Ready") {
      this.#waitingSince.delete(key);
      return undefined;
    }
    const why = `${status?.phase ?? "Pending"}${status?.message === undefined ? "" : `: ${status.message}`}`;
    const nowMs = this.#options.clock.now();
    const since = this.#waitingSince.get(key) ?? nowMs;
    this.#waitingSince.set(key, since);
    if (nowMs - since > readyMaxMs)
      return this.#fail(backup, `add-on ${metadata.name} does not serve (${why})`);
    const message = `waiting for add-on ${metadata.name} (${why})`;
    return this.#write(backup, { phase: "Pending", message }).then(() => ({ requeueAfterMs: pollMs }));
  }

  /** Nobody waits for those of a schedule: they are tried again. */
  async #failed(backup: AddonBackup, message: string): Promise<Reconciled | undefined> {
    if (backup.spec.cause !== "schedule" || (backup.status?.attempts ?? 0) >= attemptsMax)
      return await this.#fail(backup, message);
    this.#options.events.event(backup, "Warning", "BackupTriedAgain", message);
    await this.#write(backup, { phase: "Pending", message: `${message}; it is tried again` });
    return { requeueAfterMs: retryMs };
  }

  async #fail(backup: AddonBackup, message: string): Promise<undefined> {
    const { events, client } = this.#options;
    await this.#write(backup, { phase: "Failed", message });
    const text = `backup ${backup.metadata.name} failed: ${message}`;
    events.event(backup, "Warning", "BackupFailed", text);
    const ref = { namespace: backup.metadata.namespace, name: backup.spec.addon };
    const addon = await findObject(client, addonKind, ref);
    if (addon !== undefined) events.event(addon, "Warning", "BackupFailed", text);
  }

  async #write(backup: AddonBackup, change: Partial<AddonBackupStatus>): Promise<void> {
    await patchStatus(this.#options.client, addonBackup, backup, change);
  }

  /** A place that nothing leads to any more does not hold up the object. */
  async #remove(backup: AddonBackup): Promise<Reconciled | undefined> {
    const { client, places, events } = this.#options;
    const { finalizers = [], resourceVersion, namespace, name } = backup.metadata;
    if (!finalizers.includes(backupFinalizer)) return undefined;
    const { file } = backup.status ?? {};
    if (file !== undefined) {
      const found = await places.find(backup);
      try {
        if ("place" in found) await found.place.remove(file);
        else events.event(backup, "Warning", "BackupDataStays", `${found.problem}: ${file} stays there`);
      } catch (error) {
        const message = `its data cannot be removed: ${messageOf(error)}`;
        events.event(backup, "Warning", "BackupNotRemoved", message);
        await this.#write(backup, { message: `${message}; it is tried again` });
        return { requeueAfterMs: retryMs };
      }
    }
    const kept = finalizers.filter((each) => each !== backupFinalizer);
    const body = { metadata: { finalizers: kept, resourceVersion } };
    await client.patch(addonBackup, { namespace, name: name ?? "" }, { type: "merge", body });
    return undefined;
  }
}

/** No other backup has it: platforms may share a store, and their add-ons' names and schedules may be the same. */
function fileOf({ metadata }: AddonBackup, extension = "dump"): string {
  const { namespace, name, uid = "" } = metadata;
  return `${namespace}/${name}-${uid.replaceAll("-", "").slice(0, 12)}.${extension}`;
}
