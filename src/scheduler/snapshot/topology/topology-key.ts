/** One label of the nodes whose values are domains: zones, racks, hosts. */

import { grownInts, Interner, roomFor } from "../columns.ts";
import type { NodeObject } from "../objects.ts";

/** With more values than this, nodes are told apart by what their domain has and not by which one it is. */
const MAX_COARSE = 64;
/** Values of nodes that are gone are kept until there are this many more than nodes. */
const MAX_STALE_VALUES = 4096;

export class TopologyKey {
  readonly key: string;
  /** Whether there are so many domains that they are hardly more than single nodes. */
  readonly isFine: boolean;
  /** Per row: number of the value, 0 without the label. */
  #ids: Int32Array;
  readonly #values = new Interner();
  /** By value. */
  readonly #rows: (number[] | undefined)[] = [];
  #labelled = 0;
  #domains = 0;
  /** How many domains have several nodes. */
  #shared = 0;

  constructor(key: string, nodes: readonly (NodeObject | undefined)[]) {
    this.key = key;
    this.#ids = new Int32Array(nodes.length);
    for (let row = 0; row < nodes.length; row++) this.set(row, nodes[row]);
    this.isFine = this.#hasMany;
  }

  /** Numbers of values are below this. */
  get room(): number {
    return this.#values.texts.length;
  }

  get rowRoom(): number {
    return this.#ids.length;
  }

  /** Whether `isFine` no longer says what is the case, or too many values are kept for nothing. */
  get isOutdated(): boolean {
    return this.isFine !== this.#hasMany || this.room > this.#labelled + MAX_STALE_VALUES;
  }

  /** Whether a change on one node may concern others, although they are told apart by what they have. */
  get isShared(): boolean {
    return this.isFine && this.#shared > 0;
  }

  get #hasMany(): boolean {
    return this.#domains > MAX_COARSE || this.#domains * 2 > this.#labelled;
  }

  valueOf(id: number): string {
    return this.#values.texts[id] ?? "";
  }

  idOf(row: number): number {
    return this.#ids[row] ?? 0;
  }

  /** The first values that nodes have. */
  valuesInUse(limit: number): string[] {
    const values: string[] = [];
    for (let id = 1; id < this.room && values.length < limit; id++) {
      if ((this.#rows[id]?.length ?? 0) > 0) values.push(this.valueOf(id));
    }
    return values;
  }

  /** Rows of the domain of this row. */
  neighbours(row: number): readonly number[] {
    return this.#rows[this.idOf(row)] ?? none;
  }

  /** Takes the node that is in the row now. */
  set(row: number, node: NodeObject | undefined): void {
    if (row >= this.#ids.length) this.#ids = grownInts(this.#ids, roomFor(row + 1, this.#ids.length));
    const labels = node?.metadata.labels;
    const value = labels !== undefined && Object.hasOwn(labels, this.key) ? labels[this.key] : undefined;
    const id = value === undefined ? 0 : this.#values.idOf(value);
    const before = this.idOf(row);
    if (id === before) return;
    if (before !== 0) this.#leave(row, before);
    this.#ids[row] = id;
    if (id !== 0) this.#join(row, id);
  }

  #join(row: number, id: number): void {
    const rows = (this.#rows[id] ??= []);
    rows.push(row);
    this.#labelled++;
    if (rows.length === 1) this.#domains++;
    if (rows.length === 2) this.#shared++;
  }

  #leave(row: number, id: number): void {
    const rows = this.#rows[id] ?? [];
    const place = rows.indexOf(row);
    const last = rows.pop() ?? row;
    if (last !== row) rows[place] = last;
    this.#labelled--;
    if (rows.length === 0) this.#domains--;
    if (rows.length === 1) this.#shared--;
  }
}

const none: readonly number[] = [];
