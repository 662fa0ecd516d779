/**
 * What was decided about storage and is not in the API yet: volumes that were given to claims, and claims whose
 * volume is to be made for a node. Later decisions must see it.
 */

import type { Cluster } from "../../snapshot/cluster.ts";
import { storageKinds } from "../../snapshot/storage-objects.ts";

export interface Bindings {
  /** Claims (as `namespace/name`) and the volumes that they get, by name. */
  readonly volumes: ReadonlyMap<string, string>;
  /** Claims whose volume is to be made. */
  readonly provisions: ReadonlySet<string>;
}

export interface Assumption extends Bindings {
  readonly nodeName: string;
}

export class Assumptions {
  readonly #cluster: Cluster;
  readonly #byPod = new Map<string, Assumption>();
  readonly #claimOfVolume = new Map<string, string>();
  readonly #volumeOfClaim = new Map<string, string>();
  readonly #nodeOfClaim = new Map<string, string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  ofPod(uid: string): Assumption | undefined {
    return this.#byPod.get(uid);
  }

  /** The claim that was given the volume. */
  claimOfVolume(volumeName: string): string | undefined {
    return this.#claimOfVolume.get(volumeName);
  }

  volumeOfClaim(claimKey: string): string | undefined {
    return this.#volumeOfClaim.get(claimKey);
  }

  nodeOfClaim(claimKey: string): string | undefined {
    return this.#nodeOfClaim.get(claimKey);
  }

  add(uid: string, assumption: Assumption): void {
    this.drop(uid);
    this.#byPod.set(uid, assumption);
    for (const [claim, volume] of assumption.volumes) {
      this.#claimOfVolume.set(volume, claim);
      this.#volumeOfClaim.set(claim, volume);
    }
    for (const claim of assumption.provisions) this.#nodeOfClaim.set(claim, assumption.nodeName);
    this.#changed();
  }

  drop(uid: string): void {
    const assumption = this.#byPod.get(uid);
    if (assumption === undefined) return;
    this.#byPod.delete(uid);
    for (const [claim, volume] of assumption.volumes) {
      this.#claimOfVolume.delete(volume);
      this.#volumeOfClaim.delete(claim);
    }
    for (const claim of assumption.provisions) this.#nodeOfClaim.delete(claim);
    this.#changed();
  }

  #changed(): void {
    this.#cluster.related.touch(storageKinds.volume);
    this.#cluster.related.touch(storageKinds.claim);
  }
}

const known = new WeakMap<Cluster, Assumptions>();

export function assumptionsOf(cluster: Cluster): Assumptions {
  let assumptions = known.get(cluster);
  if (assumptions === undefined) known.set(cluster, (assumptions = new Assumptions(cluster)));
  return assumptions;
}
