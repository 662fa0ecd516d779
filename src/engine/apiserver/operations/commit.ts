/** The one way to the store: real or dry, with the writes that would change nothing left out. */

import { assert } from "../../../lib/errors.ts";
import type { KubeObject } from "../../../model/meta.ts";
import type { Entry, Write } from "../../store/store.ts";
import { entryKey, type ServerParts, type Stored, type Target } from "../parts.ts";

export interface Change {
  readonly dryRun?: boolean | undefined;
  /** As `Write.make` of the store, but "keep" leaves the object as it is, without a new revision. */
  readonly make: (previous: Entry | undefined) => KubeObject | "delete" | "keep";
  /** As `Write.encode` of the store. */
  readonly encode?: Write["encode"];
}

export interface Outcome extends Stored {
  readonly removed: boolean;
}

/** Thrown through the store to leave the object alone. */
class Unchanged extends Error {
  readonly entry: Entry;

  constructor(entry: Entry) {
    super("unchanged");
    this.entry = entry;
  }
}

export async function commit(parts: ServerParts, target: Target, change: Change): Promise<Outcome> {
  if (change.dryRun === true) return rehearse(parts, target, change);
  let removed = false;
  const make = (previous: Entry | undefined): KubeObject | "delete" => {
    const made = change.make(previous);
    removed = made === "delete";
    if (made !== "keep") return made;
    assert(previous !== undefined, "only what is there can be kept");
    // A version that is still on its way to disk cannot be answered yet: written again, the answer waits for it.
    if (previous.revision > parts.store.revision) return previous.value;
    throw new Unchanged(previous);
  };
  try {
    const entry = await parts.store.write({ ...entryKey(target), make, encode: change.encode });
    return { value: entry.value, encoded: entry.encoded, removed };
  } catch (error) {
    if (error instanceof Unchanged)
      return { value: error.entry.value, encoded: error.entry.encoded, removed };
    throw error;
  }
}

function rehearse(parts: ServerParts, target: Target, change: Change): Outcome {
  const previous = parts.store.get(entryKey(target));
  const made = change.make(previous);
  if (typeof made === "object") return { value: made, encoded: JSON.stringify(made), removed: false };
  assert(previous !== undefined, "only what is there can be kept or deleted");
  return { value: previous.value, encoded: previous.encoded, removed: made === "delete" };
}
