/** Restores a backup into a server of its own, reads all of it there, and removes the server, whatever came of it. */

import type { Client } from "../../../client/client.ts";
import type { Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { findObject } from "../../../client/find-object.ts";
import type { OpenChannels } from "../../../client/run-in-pod.ts";
import type { Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import { newObject } from "../../../model/kind.ts";
import { addon as addonKind, type Addon } from "../../../model/kinds/nagi/addon/addon.ts";
import { addonPodName } from "../../../model/kinds/nagi/addon/addon-vars.ts";
import {
  addonBackup,
  type AddonBackup,
  type BackupVerification,
} from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { addonService, type AddonService } from "../../../model/kinds/nagi/addonservice/addonservice.ts";
import { controllerRef } from "../../../model/meta.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import { runOnServer } from "../addon-server.ts";
import type { BackupPlaces } from "./backup-places.ts";
import { restoreServer, transferMaxMs } from "./server-data.ts";
import { patchStatus } from "./status-patch.ts";

const pollMs = 1000;
/** Until the server of its own answers; the image may have to be made first. */
const readyMaxMs = 20 * 60_000;

export interface BackupVerifierOptions {
  readonly client: Client;
  readonly open: OpenChannels;
  readonly places: BackupPlaces;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export class BackupVerifier {
  readonly #options: BackupVerifierOptions;

  constructor(options: BackupVerifierOptions) {
    this.#options = options;
  }

  /** Of a complete backup. */
  async step(backup: AddonBackup, signal: AbortSignal): Promise<Reconciled | undefined> {
    const { verifyAt } = backup.spec;
    if (verifyAt === undefined) return undefined;
    const { verification } = backup.status ?? {};
    if (verification?.requestedAt !== verifyAt) {
      await this.#write(backup, { requestedAt: verifyAt, phase: "Running", message: "starting a server" });
      return { requeueAfterMs: 0 };
    }
    if (verification.phase !== "Running") {
      await this.#removeScratch(backup);
      return undefined;
    }
    return await this.#verify(backup, signal);
  }

  async #verify(backup: AddonBackup, signal: AbortSignal): Promise<Reconciled | undefined> {
    const { client, clock } = this.#options;
    const scratch = await this.#scratch(backup);
    if (scratch.metadata.deletionTimestamp !== undefined) {
      await this.#tell(backup, "waiting for the server of an earlier check to go");
      return { requeueAfterMs: pollMs };
    }
    const { phase, message = "" } = scratch.status ?? {};
    const service = await findObject(client, addonService, { name: backup.spec.service });
    if (phase === "Failed" || service === undefined) {
      const why = service === undefined ? `there is no service ${backup.spec.service}` : message;
      return await this.#end(backup, "Failed", `no server to check it with: ${why}`);
    }
    const since = Date.parse(scratch.metadata.creationTimestamp ?? "");
    if (phase !== "Ready" && clock.now() - since > readyMaxMs)
      return await this.#end(backup, "Failed", `the server to check it with does not come up: ${message}`);
    if (phase !== "Ready") {
      await this.#tell(backup, message === "" ? "starting a server" : `starting a server: ${message}`);
      return { requeueAfterMs: pollMs };
    }
    await this.#tell(backup, "restoring");
    try {
      return await this.#end(backup, "Passed", await this.#restored(backup, { scratch, service }, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      return await this.#end(backup, "Failed", messageOf(error));
    }
  }

  /** What the service says is there. */
  async #restored(
    backup: AddonBackup,
    { scratch, service }: { readonly scratch: Addon; readonly service: AddonService },
    signal: AbortSignal,
  ): Promise<string> {
    const { open, places } = this.#options;
    const { file = "", sizeBytes = 0, sha256 = "" } = backup.status ?? {};
    const { restore, verify } = service.spec.commands ?? {};
    if (restore === undefined) throw new Error(`service ${service.metadata.name} has no restore`);
    const pod = { namespace: scratch.metadata.namespace, name: addonPodName(scratch.metadata.name ?? "") };
    const place = await places.get(backup);
    await restoreServer(open, { pod, run: restore, signal }, { place, name: file, sizeBytes, sha256 });
    if (verify === undefined) return "restored";
    const limit = AbortSignal.any([signal, AbortSignal.timeout(transferMaxMs)]);
    return (await runOnServer(open, { pod, command: ["/bin/sh", "-c", verify, "sh"], signal: limit })).trim();
  }

  async #scratch(backup: AddonBackup): Promise<Addon> {
    const { client } = this.#options;
    const { namespace } = backup.metadata;
    const name = scratchName(backup);
    const present = await findObject(client, addonKind, { namespace, name });
    if (present !== undefined) return present;
    const owner = controllerRef({ ...backup, apiVersion: "nagi.dev/v1", kind: "AddonBackup" });
    const { service, plan } = backup.spec;
    const metadata = { namespace, name, ownerReferences: [owner] };
    try {
      return await client.create(
        addonKind,
        newObject<Addon>(addonKind, metadata, { spec: { service, plan } }),
      );
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      return await client.get(addonKind, { namespace, name });
    }
  }

  async #removeScratch(backup: AddonBackup): Promise<void> {
    const { namespace, uid } = backup.metadata;
    const ref = { namespace, name: scratchName(backup) };
    const found = await findObject(this.#options.client, addonKind, ref);
    if (found?.metadata.ownerReferences?.some((each) => each.uid === uid) !== true) return;
    try {
      await this.#options.client.delete(addonKind, ref);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #tell(backup: AddonBackup, message: string): Promise<void> {
    const { verification } = backup.status ?? {};
    if (verification === undefined || verification.message === message) return;
    await this.#write(backup, { ...verification, message });
  }

  async #end(backup: AddonBackup, phase: "Passed" | "Failed", message: string): Promise<undefined> {
    const { clock, events } = this.#options;
    const { verifyAt: requestedAt = "", addon } = backup.spec;
    await this.#write(backup, { requestedAt, phase, message, completedAt: timestamp(clock.now()) });
    const [type, reason] =
      phase === "Passed" ? ["Normal", "BackupVerified"] : ["Warning", "BackupNotVerified"];
    events.event(backup, type as "Normal" | "Warning", reason ?? "", `${addon}: ${message}`);
    await this.#removeScratch(backup);
  }

  async #write(backup: AddonBackup, verification: BackupVerification): Promise<void> {
    // What an earlier check left is not this one's.
    const change = { message: undefined, completedAt: undefined, ...verification };
    await patchStatus(this.#options.client, addonBackup, backup, { verification: change });
  }
}

/** Short: names of its pod and claims come from it. */
function scratchName({ metadata }: AddonBackup): string {
  return `check-${(metadata.uid ?? "").replaceAll("-", "").slice(0, 12)}`;
}
