/** Takes over and lets go of objects, as `claim` decided, by their owner references. */

import type { Client } from "../../../client/client.ts";
import type { Kind } from "../../../model/kind.ts";
import { controllerRef, refOf, type KubeObject, type OwnerReference } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import type { Claim } from "./claim.ts";

export interface Adoption<O extends KubeObject, T extends KubeObject> {
  readonly owner: O;
  readonly ownerKind: Kind<O>;
  readonly kind: Kind<T>;
  readonly claim: Claim<T>;
}

/** Returns what is owned now: what was before, and what could be adopted. */
export async function applyClaim<O extends KubeObject, T extends KubeObject>(
  client: Client,
  { owner, ownerKind, kind, claim }: Adoption<O, T>,
): Promise<T[]> {
  for (const object of claim.release) {
    const references = (object.metadata.ownerReferences ?? []).filter(
      ({ uid }) => uid !== owner.metadata.uid,
    );
    await writeOwners(client, kind, object, references);
  }
  if (claim.adopt.length === 0) return [...claim.owned];
  // The cache may still show an owner that was deleted meanwhile, or its namesake: ask before adopting for it.
  const live = await client.get(ownerKind, refOf(owner));
  if (live.metadata.uid !== owner.metadata.uid || live.metadata.deletionTimestamp !== undefined) {
    return [...claim.owned];
  }
  const adopted: T[] = [];
  for (const object of claim.adopt) {
    const references = [...(object.metadata.ownerReferences ?? []), controllerRef(owner)];
    const written = await writeOwners(client, kind, object, references);
    if (written !== undefined) adopted.push(written);
  }
  return [...claim.owned, ...adopted];
}

/** Undefined: the object is gone. The UID in the patch makes sure that no namesake is meant. */
async function writeOwners<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  object: T,
  ownerReferences: readonly OwnerReference[],
): Promise<T | undefined> {
  const { uid, resourceVersion } = object.metadata;
  const body = {
    metadata: { uid, resourceVersion, ownerReferences: ownerReferences.map((each) => ({ ...each })) },
  };
  try {
    return await client.patch(kind, refOf(object), { type: "merge", body });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
