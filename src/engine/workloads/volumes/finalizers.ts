/** Lets go of an object that was kept. */

import type { Kind } from "../../../model/kind.ts";
import { refOf, type KubeObject } from "../../../model/meta.ts";
import { isNotFound } from "../../../model/status.ts";
import type { WorkloadContext } from "../shared/context.ts";

export async function withoutFinalizer<T extends KubeObject>(
  { client }: WorkloadContext,
  { kind, object, finalizer }: { readonly kind: Kind<T>; readonly object: T; readonly finalizer: string },
): Promise<void> {
  try {
    // As it is now: other writes may have gone before this one.
    const present = await client.get(kind, refOf(object));
    const finalizers = (present.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    if (present.metadata.uid !== object.metadata.uid || present.metadata.deletionTimestamp === undefined)
      return;
    await client.update(kind, { ...present, metadata: { ...present.metadata, finalizers } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
