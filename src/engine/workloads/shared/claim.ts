/**
 * Which objects a controller owns: those that it made or that match its selector and nobody owns. Ownership is
 * by UID, so that a namesake made later owns nothing of its predecessor.
 */

import { controllerOf, type KubeObject } from "../../../model/meta.ts";

export interface Claim<T> {
  readonly owned: readonly T[];
  /** Match, and have no controller: to be adopted. */
  readonly adopt: readonly T[];
  /** Owned, but no longer match: to be let go. */
  readonly release: readonly T[];
}

export function claim<T extends KubeObject>(
  owner: KubeObject,
  candidates: readonly T[],
  matches: (object: T) => boolean,
): Claim<T> {
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const owned: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue;
    const fits = matches(object);
    if (controller !== undefined) (fits || deleting ? owned : release).push(object);
    else if (fits && !deleting && object.metadata.deletionTimestamp === undefined) adopt.push(object);
  }
  return { owned, adopt, release };
}
