/**
 * Shared work of watchers: the store hands one array of events to all watchers of a scope, and watchers that see
 * the same (same selection, same form) share what was made of it. So a change is filtered and put into bytes once,
 * however many look on.
 */

import type { Entry, StoreEvent } from "../../store/store.ts";
import type { Selection } from "./selection.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** An event as a watcher with a selection sees it. */
export interface Seen {
  readonly type: ChangeType;
  readonly entry: Pick<Entry, "value" | "encoded">;
}

/** Undefined when the watcher sees nothing of it. */
export function seenBy(selection: Selection, event: StoreEvent): Seen | undefined {
  const { type, entry, previous } = event;
  if (selection.everything) return { type, entry };
  const before = previous !== undefined && selection.matches(previous.value);
  if (type === "DELETED") return before || selection.matches(entry.value) ? { type, entry } : undefined;
  if (selection.matches(entry.value)) return { type: before ? "MODIFIED" : "ADDED", entry };
  return before ? { type: "DELETED", entry: lastSeen(previous, event.revision) } : undefined;
}

/** What the watcher knew of an object that its selection lost, as of the revision at which it lost it. */
function lastSeen(previous: Entry, revision: number): Seen["entry"] {
  const metadata = { ...previous.value.metadata, resourceVersion: String(revision) };
  const value = { ...previous.value, metadata };
  return { value, encoded: JSON.stringify(value) };
}

type Batch = readonly StoreEvent[];

interface View {
  users: number;
  readonly made: WeakMap<Batch, unknown>;
}

export interface ViewHandle<Out> {
  of(events: Batch): Out;
  release(): void;
}

export class Views {
  readonly #views = new Map<string, View>();

  /** `key` must name all that `make` depends on. */
  acquire<Out>(key: string, make: (events: Batch) => Out): ViewHandle<Out> {
    const view = this.#views.get(key) ?? { users: 0, made: new WeakMap<Batch, unknown>() };
    view.users += 1;
    this.#views.set(key, view);
    return {
      of(events) {
        if (view.made.has(events)) return view.made.get(events) as Out;
        const out = make(events);
        view.made.set(events, out);
        return out;
      },
      release: () => {
        view.users -= 1;
        if (view.users === 0) this.#views.delete(key);
      },
    };
  }
}
