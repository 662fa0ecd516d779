/** One label of the nodes whose values are domains: zones, racks, hosts. Made from the nodes as they are, and never changed. */

import { Interner } from "../columns.ts";
import type { NodeObject } from "../objects.ts";

/** With more values than this, nodes are told apart by what their domain has and not by which one it is. */
const MAX_COARSE = 64;

export class TopologyKey {
  readonly key: string;
  /** Per row: number of the value, 0 without the label. */
  readonly ids: Int32Array;
  readonly #values = new Interner();
  /** Whether there are so many domains that they are hardly more than single nodes. */
  readonly isFine: boolean;
  /** By value, where more than one node has it and the domains are many. */
  readonly #shared = new Map<number, number[]>();

  constructor(key: string, nodes: readonly (NodeObject | undefined)[]) {
    this.key = key;
    this.ids = new Int32Array(nodes.length);
    let count = 0;
    for (let row = 0; row < nodes.length; row++) {
      const labels = nodes[row]?.metadata.labels;
      if (labels === undefined || !Object.hasOwn(labels, key)) continue;
      this.ids[row] = this.#values.idOf(labels[key] ?? "");
      count++;
    }
    const values = this.#values.size;
    this.isFine = values > MAX_COARSE || values * 2 > count;
    if (this.isFine && values < count) this.#readShared();
  }

  /** Numbers of values are below this. */
  get room(): number {
    return this.#values.texts.length;
  }

  get isShared(): boolean {
    return this.#shared.size > 0;
  }

  valueOf(id: number): string {
    return this.#values.texts[id] ?? "";
  }

  idOf(row: number): number {
    return this.ids[row] ?? 0;
  }

  /** Rows of the domain of this row, where a domain of a fine key has several. */
  neighbours(row: number): readonly number[] {
    return this.#shared.get(this.idOf(row)) ?? none;
  }

  #readShared(): void {
    const rows = new Map<number, number[]>();
    for (let row = 0; row < this.ids.length; row++) {
      const id = this.idOf(row);
      if (id === 0) continue;
      const others = rows.get(id);
      if (others === undefined) rows.set(id, [row]);
      else others.push(row);
    }
    for (const [id, others] of rows) if (others.length > 1) this.#shared.set(id, others);
  }
}

const none: readonly number[] = [];
