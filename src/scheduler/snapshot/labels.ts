/**
 * Labels of the nodes. A column exists for each label key that a selector has asked about, up to MAX_COLUMNS; it
 * holds a small number for each value, so that a selector is tried once per value and not once per node. Keys
 * beyond the limit are read from the objects: slower, and never more memory.
 */

import { grownInts, Interner } from "./columns.ts";
import type { NodeObject } from "./objects.ts";

const MAX_COLUMNS = 512;
/** Values of nodes that are gone stay interned until there are this many more than rows. */
const MAX_STALE_VALUES = 4096;

export interface LabelColumn {
  readonly key: string;
  /** Per row: number of the value, 0 without the label. */
  ids: Int32Array;
  readonly values: Interner;
}

export class LabelTable {
  #room = 0;
  readonly #columns = new Map<string, LabelColumn>();

  grow(room: number): void {
    this.#room = room;
    for (const column of this.#columns.values()) column.ids = grownInts(column.ids, room);
  }

  /** The column of the key, made from `nodes` when it is the first time; undefined beyond the limit. */
  column(key: string, nodes: readonly (NodeObject | undefined)[]): LabelColumn | undefined {
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    if (this.#columns.size >= MAX_COLUMNS) return undefined;
    const column = { key, ids: new Int32Array(this.#room), values: new Interner() };
    fill(column, nodes);
    this.#columns.set(key, column);
    return column;
  }

  set(row: number, node: NodeObject | undefined): void {
    for (const column of this.#columns.values()) {
      const value = node?.metadata.labels?.[column.key];
      column.ids[row] = value === undefined ? 0 : column.values.idOf(value);
    }
  }

  /** Gives new numbers where too many stand for values that are gone; whether any changed. */
  compact(nodes: readonly (NodeObject | undefined)[]): boolean {
    let changed = false;
    for (const column of this.#columns.values()) {
      if (column.values.size <= nodes.length + MAX_STALE_VALUES) continue;
      column.values.clear();
      fill(column, nodes);
      changed = true;
    }
    return changed;
  }
}

function fill(column: LabelColumn, nodes: readonly (NodeObject | undefined)[]): void {
  for (let row = 0; row < nodes.length; row++) {
    const value = nodes[row]?.metadata.labels?.[column.key];
    column.ids[row] = value === undefined ? 0 : column.values.idOf(value);
  }
}
