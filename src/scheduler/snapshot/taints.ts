/** Taints of the nodes. Equal lists of taints share one number, so that a pod is held against each list once. */

import { grownInts, Interner } from "./columns.ts";
import type { NodeObject, TaintObject } from "./objects.ts";

const MAX_STALE_LISTS = 1024;

export class TaintTable {
  /** Per row: number of its list, 0 without taints. */
  ids = new Int32Array(0);
  readonly #interner = new Interner();
  readonly #lists: (readonly TaintObject[])[] = [[]];

  grow(room: number): void {
    this.ids = grownInts(this.ids, room);
  }

  list(id: number): readonly TaintObject[] {
    return this.#lists[id] ?? [];
  }

  /** Whether that is a change. */
  set(row: number, node: NodeObject | undefined): boolean {
    const id = this.#idOf(node?.spec?.taints ?? []);
    const changed = this.ids[row] !== id;
    this.ids[row] = id;
    return changed;
  }

  /** Gives new numbers when too many stand for lists that are gone; whether any changed. */
  compact(nodes: readonly (NodeObject | undefined)[]): boolean {
    if (this.#interner.size <= nodes.length + MAX_STALE_LISTS) return false;
    this.#interner.clear();
    this.#lists.length = 1;
    for (let row = 0; row < nodes.length; row++) this.set(row, nodes[row]);
    return true;
  }

  #idOf(taints: readonly TaintObject[]): number {
    if (taints.length === 0) return 0;
    const id = this.#interner.idOf(
      JSON.stringify(taints.map(({ key, value = "", effect }) => [key, value, effect])),
    );
    this.#lists[id] = taints;
    return id;
  }
}
