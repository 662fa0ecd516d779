/**
 * Volumes follow their claims: free, bound, released, and then kept or removed as their policy says. Objects in use
 * are protected: they are only marked as deleted until nothing needs them.
 */

import { findObject } from "../../../client/find-object.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { messageOf } from "../../../lib/errors.ts";
import {
  persistentVolume,
  type PersistentVolume,
} from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { refOf } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { boundByController } from "../../../model/volume-claims.ts";
import type { WorkloadContext } from "../shared/context.ts";
import { writeStatus } from "../shared/write-status.ts";
import { decideVolume } from "./decide.ts";
import { withoutFinalizer } from "./finalizers.ts";
import type { LocalVolumes } from "./local-provisioner.ts";

export const volumeProtection = "kubernetes.io/pv-protection";

export interface VolumeControllerOptions {
  readonly context: WorkloadContext;
  readonly events: EventRecorder;
  readonly local: LocalVolumes | undefined;
}

export class VolumeController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  readonly #local: LocalVolumes | undefined;

  constructor({ context, events, local }: VolumeControllerOptions) {
    this.#context = context;
    this.#events = events;
    this.#local = local;
  }

  async reconcile(name: string): Promise<undefined> {
    const volume = this.#context.informers.persistentVolumes.get(name);
    if (volume === undefined) return undefined;
    const step = decideVolume(volume, await this.#claimOf(volume));
    switch (step.type) {
      case "phase":
        await this.#setPhase(volume, step.phase);
        break;
      case "release":
        await this.#free(volume);
        return undefined;
      case "reclaim":
        await this.#reclaim(volume);
        return undefined;
      case "leave":
        break;
    }
    await this.#unprotect(volume, step.type === "phase" ? step.phase : volume.status?.phase);
    return undefined;
  }

  /** A claim that the cache does not have is asked for: what is thrown away then is data. */
  async #claimOf({ spec: { claimRef } }: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    if (claimRef === undefined) return undefined;
    const ref = { namespace: claimRef.namespace ?? "", name: claimRef.name ?? "" };
    const known = this.#context.informers.persistentVolumeClaims.get(`${ref.namespace}/${ref.name}`);
    if (known !== undefined && known.metadata.uid === claimRef.uid) return known;
    return await findObject(this.#context.client, persistentVolumeClaim, ref);
  }

  async #setPhase(volume: PersistentVolume, phase: "Available" | "Bound" | "Released"): Promise<void> {
    if (volume.status?.phase === phase) return;
    await writeStatus(this.#context.client, persistentVolume, volume, {
      phase,
      lastPhaseTransitionTime: new Date(this.#context.clock.now()).toISOString(),
    });
  }

  async #free(volume: PersistentVolume): Promise<void> {
    const { claimRef: _, ...spec } = volume.spec;
    const { [boundByController]: __, ...annotations } = volume.metadata.annotations ?? {};
    await this.#context.client.update(persistentVolume, {
      ...volume,
      metadata: { ...volume.metadata, annotations },
      spec,
    });
  }

  async #reclaim(volume: PersistentVolume): Promise<void> {
    // Who made a volume removes it: a provisioner that is none of ours sees the phase.
    if (this.#local?.owns(volume) !== true) return this.#unprotect(volume, volume.status?.phase);
    try {
      await this.#local.remove(volume);
    } catch (error) {
      this.#events.event(volume, "Warning", "VolumeFailedDelete", messageOf(error));
      throw error;
    }
    const { client } = this.#context;
    try {
      await client.delete(persistentVolume, refOf(volume), { preconditions: { uid: volume.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await this.#unprotect(volume, volume.status?.phase);
  }

  async #unprotect(volume: PersistentVolume, phase: string | undefined): Promise<void> {
    const { finalizers = [], deletionTimestamp } = volume.metadata;
    if (deletionTimestamp === undefined || phase === "Bound" || !finalizers.includes(volumeProtection))
      return;
    await withoutFinalizer(this.#context, {
      kind: persistentVolume,
      object: volume,
      finalizer: volumeProtection,
    });
  }
}
