/** The committed objects of one resource, by namespace, with the window of their past events. */

import { SortedMap } from "./sorted-map.ts";
import type { Entry, StoreEvent } from "./store.ts";

export class ResourceTable {
  readonly #namespaces = new SortedMap<SortedMap<Entry>>();
  #events: StoreEvent[] = [];

  get(namespace: string, name: string): Entry | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  put(entry: Entry): void {
    let objects = this.#namespaces.get(entry.namespace);
    if (objects === undefined) {
      objects = new SortedMap();
      this.#namespaces.set(entry.namespace, objects);
    }
    objects.set(entry.name, entry);
  }

  remove(namespace: string, name: string): void {
    const objects = this.#namespaces.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#namespaces.delete(namespace);
  }

  apply(event: StoreEvent): void {
    if (event.type === "DELETED") this.remove(event.entry.namespace, event.entry.name);
    else this.put(event.entry);
    this.#events.push(event);
  }

  list(namespace: string | undefined): Entry[] {
    if (namespace !== undefined) return this.#namespaces.get(namespace)?.values() ?? [];
    return this.#namespaces.values().flatMap((objects) => objects.values());
  }

  /** What `list` gave at a past revision: the present state with later events undone. */
  listAt(namespace: string | undefined, revision: number): Entry[] {
    const events = this.eventsAfter(revision, namespace);
    if (events.length === 0) return this.list(namespace);
    const later = new Set(events.map(({ entry }) => entry));
    const kept = this.list(namespace).filter((entry) => !later.has(entry));
    const restored = new Map<string, Entry | undefined>();
    for (const { entry, previous } of events) {
      // The first event after the revision knows what was there at it.
      if (!restored.has(placeOf(entry))) restored.set(placeOf(entry), previous);
    }
    return merged(kept, [...restored.values()].filter((entry) => entry !== undefined).sort(byPlace));
  }

  eventsAfter(revision: number, namespace?: string): StoreEvent[] {
    const events = this.#events.slice(this.#firstAfter(revision));
    return namespace === undefined ? events : events.filter((event) => event.entry.namespace === namespace);
  }

  /** Drops the events up to a revision. */
  forget(revision: number): void {
    const kept = this.#firstAfter(revision);
    if (kept > 0) this.#events = this.#events.slice(kept);
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const event = this.#events[middle];
      if (event !== undefined && event.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function placeOf(entry: Entry): string {
  return `${entry.namespace}\n${entry.name}`;
}

/** Two sorted lists without an entry in common, as one. */
function merged(many: readonly Entry[], few: readonly Entry[]): Entry[] {
  const result: Entry[] = [];
  let next = 0;
  for (const entry of many) {
    for (let candidate = few[next]; candidate !== undefined; candidate = few[next]) {
      if (byPlace(candidate, entry) > 0) break;
      result.push(candidate);
      next += 1;
    }
    result.push(entry);
  }
  return result.concat(few.slice(next));
}

function byPlace(a: Entry, b: Entry): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
