/** Replaces the data of an add-on by a backup when that is wished. A wish is acted on once. */

import type { Client } from "../../../client/client.ts";
import type { Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { findObject } from "../../../client/find-object.ts";
import type { OpenChannels } from "../../../client/run-in-pod.ts";
import { messageOf } from "../../../lib/errors.ts";
import { addon as addonKind, type Addon } from "../../../model/kinds/nagi/addon/addon.ts";
import { addonPodName } from "../../../model/kinds/nagi/addon/addon-vars.ts";
import { addonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { addonService } from "../../../model/kinds/nagi/addonservice/addonservice.ts";
import { refFromKey } from "../../../model/meta.ts";
import type { BackupPlaces } from "./backup-places.ts";
import { restoreServer } from "./server-data.ts";
import { patchStatus } from "./status-patch.ts";

type Wish = NonNullable<Addon["spec"]["restore"]>;

export interface RestoreReconcilerOptions {
  readonly client: Client;
  readonly open: OpenChannels;
  readonly places: BackupPlaces;
  readonly events: EventRecorder;
}

export class RestoreReconciler {
  readonly #options: RestoreReconcilerOptions;

  constructor(options: RestoreReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Reconciled | undefined> {
    const addon = await findObject(this.#options.client, addonKind, refFromKey(key));
    const wish = addon?.spec.restore;
    if (addon === undefined || wish === undefined || addon.metadata.deletionTimestamp !== undefined)
      return undefined;
    const { restore } = addon.status ?? {};
    if (restore?.requestedAt === wish.requestedAt) {
      if (restore.phase === "Running")
        await this.#end(addon, wish, "Nagi ended while it ran: the data is that of before or of the backup");
      return undefined;
    }
    await this.#write(addon, wish, { phase: "Running", message: undefined });
    try {
      await this.#restore(addon, wish, signal);
    } catch (error) {
      // The next start tells.
      if (signal.aborted) return undefined;
      return await this.#end(addon, wish, messageOf(error));
    }
    await this.#end(addon, wish, undefined);
    return undefined;
  }

  async #restore(addon: Addon, wish: Wish, signal: AbortSignal): Promise<void> {
    const { client, places, open } = this.#options;
    const { namespace, name = "" } = addon.metadata;
    const backup = await findObject(client, addonBackup, { namespace, name: wish.backup });
    if (backup === undefined) throw new Error(`there is no backup ${wish.backup}`);
    if (backup.spec.service !== addon.spec.service)
      throw new Error(
        `backup ${wish.backup} is of service ${backup.spec.service}, not ${addon.spec.service}`,
      );
    const { phase, file = "", sizeBytes = 0, sha256 = "" } = backup.status ?? {};
    if (phase !== "Complete") throw new Error(`backup ${wish.backup} is ${phase ?? "Pending"}, not Complete`);
    if (addon.status?.phase !== "Ready") throw new Error(`add-on ${name} does not serve now`);
    const service = await client.get(addonService, { name: addon.spec.service });
    const run = service.spec.commands?.restore;
    if (run === undefined) throw new Error(`service ${addon.spec.service} has no restore`);
    const place = await places.get(backup);
    const pod = { namespace, name: addonPodName(name) };
    await restoreServer(open, { pod, run, signal }, { place, name: file, sizeBytes, sha256 });
  }

  async #end(addon: Addon, wish: Wish, problem: string | undefined): Promise<undefined> {
    const { events } = this.#options;
    const phase = problem === undefined ? "Complete" : "Failed";
    await this.#write(addon, wish, { phase, message: problem });
    if (problem === undefined)
      events.event(addon, "Normal", "Restored", `its data is that of backup ${wish.backup}`);
    else events.event(addon, "Warning", "RestoreFailed", `restoring ${wish.backup}: ${problem}`);
  }

  async #write(
    addon: Addon,
    { requestedAt, backup }: Wish,
    how: { readonly phase: "Running" | "Complete" | "Failed"; readonly message: string | undefined },
  ): Promise<void> {
    await patchStatus(this.#options.client, addonKind, addon, { restore: { requestedAt, backup, ...how } });
  }
}
