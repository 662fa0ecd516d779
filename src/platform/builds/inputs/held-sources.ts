/**
 * Sources with secrets in them, which are removed as soon as no build needs them. Two builds may put the same one
 * together, since sources are named by their content.
 */

import type { SourceStore } from "../../../lib/source-store.ts";

const uses = new WeakMap<SourceStore, Map<string, number>>();

/** Returns how to let go of it. */
export function hold(store: SourceStore, id: string): () => Promise<void> {
  const counts = uses.get(store) ?? new Map<string, number>();
  uses.set(store, counts);
  counts.set(id, (counts.get(id) ?? 0) + 1);
  return async () => {
    const left = (counts.get(id) ?? 1) - 1;
    if (left > 0) counts.set(id, left);
    else {
      counts.delete(id);
      await store.remove(id);
    }
  };
}
