/**
 * Watches what volumes hold, since nothing keeps their pods from writing more than their size: the claim says how much it is,
 * and an event when it becomes more than it should be.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import { bytesUnder } from "../../../lib/directory-size.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { keyOf, refOf } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import { isFullyBound } from "../../../model/volume-claims.ts";
import {
  isOverItsSize,
  overText,
  toldUse,
  usedBytesAnnotation,
  volumeSizeBytes,
} from "../../../model/volume-use.ts";
import { recorderFor, type WorkloadContext } from "../shared/context.ts";
import { LocalVolumes } from "./local-provisioner.ts";

const countEveryMs = 60_000;
const countMaxMs = 60_000;
/** A volume of many files is counted less often: at most this share of the time goes into it. */
const countShare = 0.02;
/** Smaller changes, as a share of what was told last, are not worth a write. */
const worth = 0.1;

export async function runSizeWatch(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers, volumesDir } = context;
  if (volumesDir === undefined) return;
  const watch = new SizeWatch(context, new LocalVolumes(volumesDir));
  await runController(
    {
      name: "volume-sizes",
      client,
      clock,
      log,
      watches: [
        {
          informer: informers.persistentVolumeClaims,
          keysOf: (claim: PersistentVolumeClaim) => (isFullyBound(claim) ? [keyOf(refOf(claim))] : []),
        },
      ],
      reconcile: (key) => watch.reconcile(key),
    },
    signal,
  );
}

class SizeWatch {
  readonly #context: WorkloadContext;
  readonly #volumes: LocalVolumes;

  constructor(context: WorkloadContext, volumes: LocalVolumes) {
    this.#context = context;
    this.#volumes = volumes;
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { informers, clock } = this.#context;
    const claim = informers.persistentVolumeClaims.get(key);
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return undefined;
    const volume = informers.persistentVolumes.get(claim.spec.volumeName ?? "");
    // Seen soon: the cache of volumes may be behind that of claims.
    if (volume === undefined) return { requeueAfterMs: countEveryMs };
    if (!this.#volumes.owns(volume)) return undefined;
    const startMs = clock.now();
    const usedBytes = await bytesUnder(volume.spec.local?.path ?? "", countMaxMs);
    if (usedBytes !== undefined) await this.#tell(claim, usedBytes);
    return { requeueAfterMs: Math.max(countEveryMs, (clock.now() - startMs) / countShare) };
  }

  async #tell(claim: PersistentVolumeClaim, usedBytes: number): Promise<void> {
    const told = toldUse(claim);
    const sizeBytes = volumeSizeBytes(claim);
    const isOver = isOverItsSize(usedBytes, sizeBytes);
    const becomesOther = isOver !== isOverItsSize(told, sizeBytes);
    if (told !== undefined && !becomesOther && Math.abs(usedBytes - told) <= worth * told) return;
    if (becomesOther && isOver)
      recorderFor(this.#context, "volume-sizes").event(
        claim,
        "Warning",
        "VolumeOverItsSize",
        `${claim.metadata.name} ${overText(usedBytes, sizeBytes ?? 0)}`,
      );
    const body = { metadata: { annotations: { [usedBytesAnnotation]: String(usedBytes) } } };
    try {
      await this.#context.client.patch(persistentVolumeClaim, refOf(claim), { type: "merge", body });
    } catch (error) {
      // Deleted meanwhile.
      if (!isNotFound(error)) throw error;
    }
  }
}
