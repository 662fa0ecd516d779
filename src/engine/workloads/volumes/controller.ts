/**
 * Storage that outlives pods: claims and volumes are brought together, made and removed as their class says.
 *
 * One key is worked on at a time: two claims that look for a volume at once would only get in each other's way.
 */

import { runController, type Reconciled } from "../../../client/controller.ts";
import { newObject } from "../../../model/kind.ts";
import type { PersistentVolume } from "../../../model/kinds/core/persistentvolume/persistentvolume.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { controllerRef, keyOf, refOf } from "../../../model/meta.ts";
import { isStatus } from "../../../model/status.ts";
import { recorderFor, type WorkloadContext } from "../shared/context.ts";
import { claimIndex } from "../shared/informers.ts";
import { ClaimController } from "./claim-controller.ts";
import { withoutFinalizer } from "./finalizers.ts";
import { ensureLocalClass, LocalVolumes } from "./local-provisioner.ts";
import { claimsOf, ephemeralClaimName, holdsVolumes } from "../shared/pod-claims.ts";
import { VolumeController } from "./volume-controller.ts";

const claimProtection = "kubernetes.io/pvc-protection";

const claimKey = (key: string): string => `claim/${key}`;
const volumeKey = (name: string): string => `volume/${name}`;

export async function runVolumes(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers, volumesDir } = context;
  const controller = new VolumesController(context);
  if (volumesDir !== undefined) await ensureLocalClass(client);
  await runController(
    {
      name: "volumes",
      client,
      clock,
      log,
      watches: [
        { informer: informers.persistentVolumeClaims, keysOf: keysOfClaim },
        {
          informer: informers.persistentVolumes,
          keysOf: (volume: PersistentVolume) => controller.keysOfVolume(volume),
        },
        { informer: informers.storageClasses, keysOf: () => controller.pendingClaims() },
        {
          informer: informers.pods,
          keysOf: (pod: Pod) => (pod.spec.volumes === undefined ? [] : keysOfPod(pod)),
        },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

function keysOfClaim(claim: PersistentVolumeClaim): string[] {
  const { volumeName = "" } = claim.spec;
  const key = claimKey(keyOf(refOf(claim)));
  return volumeName === "" ? [key] : [key, volumeKey(volumeName)];
}

function keysOfPod(pod: Pod): string[] {
  const isMaker = (pod.spec.volumes ?? []).some(({ ephemeral }) => ephemeral !== undefined);
  const keys = claimsOf(pod).map(claimKey);
  return isMaker ? [`pod/${keyOf(refOf(pod))}`, ...keys] : keys;
}

class VolumesController {
  readonly #context: WorkloadContext;
  readonly #claims: ClaimController;
  readonly #volumes: VolumeController;

  constructor(context: WorkloadContext) {
    const { volumesDir } = context;
    const local = volumesDir === undefined ? undefined : new LocalVolumes(volumesDir);
    const events = recorderFor(context, "persistentvolume-controller");
    this.#context = context;
    this.#claims = new ClaimController({ context, events, local });
    this.#volumes = new VolumeController({ context, events, local });
  }

  /** A volume that is free may be what a claim waits for. */
  keysOfVolume(volume: PersistentVolume): string[] {
    const { claimRef } = volume.spec;
    const own = volumeKey(volume.metadata.name ?? "");
    if (claimRef === undefined) return [own, ...this.pendingClaims()];
    return [own, claimKey(`${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`)];
  }

  pendingClaims(): string[] {
    return this.#context.informers.persistentVolumeClaims
      .list()
      .filter(({ status }) => status?.phase !== "Bound")
      .map((claim) => claimKey(keyOf(refOf(claim))));
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const slash = key.indexOf("/");
    const rest = key.slice(slash + 1);
    switch (key.slice(0, slash)) {
      case "volume":
        return this.#volumes.reconcile(rest);
      case "pod":
        return this.#makeClaims(rest);
      default:
        return (await this.#unprotect(rest)) ?? this.#claims.reconcile(rest);
    }
  }

  /** The claims of a pod's own; they go with it. */
  async #makeClaims(key: string): Promise<undefined> {
    const { client, informers } = this.#context;
    const pod = informers.pods.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
    for (const volume of pod.spec.volumes ?? []) {
      const template = volume.ephemeral?.volumeClaimTemplate;
      const name = ephemeralClaimName(pod, volume);
      const { namespace } = pod.metadata;
      if (
        template === undefined ||
        informers.persistentVolumeClaims.get(`${namespace}/${name}`) !== undefined
      )
        continue;
      const { labels, annotations } = template.metadata ?? {};
      const metadata = { name, namespace, labels, annotations, ownerReferences: [controllerRef(pod)] };
      try {
        await client.create(
          persistentVolumeClaim,
          newObject(persistentVolumeClaim, metadata, { spec: template.spec }),
        );
      } catch (error) {
        if (!isStatus(error, "AlreadyExists")) throw error;
      }
    }
    return undefined;
  }

  /** Answers when the claim is on its way out and has nothing else to be done to it. */
  async #unprotect(key: string): Promise<Reconciled | undefined> {
    const { informers } = this.#context;
    const claim = informers.persistentVolumeClaims.get(key);
    if (claim === undefined || claim.metadata.deletionTimestamp === undefined) return undefined;
    if (!(claim.metadata.finalizers ?? []).includes(claimProtection)) return undefined;
    if (informers.pods.byIndex(claimIndex, key).some(holdsVolumes) || (await this.#isHeld(key)))
      return undefined;
    await withoutFinalizer(this.#context, {
      kind: persistentVolumeClaim,
      object: claim,
      finalizer: claimProtection,
    });
    return {};
  }

  /** Asks the API: a pod that the cache does not show yet may hold the volume. */
  async #isHeld(key: string): Promise<boolean> {
    const namespace = key.slice(0, key.indexOf("/"));
    const { items } = await this.#context.client.list(podKind, { namespace });
    return items.some((pod) => holdsVolumes(pod) && claimsOf(pod).includes(key));
  }
}
