/** Pods that something counts: those that a selector picks, or those that carry a term of affinity. */

import { DomainCounts, type NodeMask } from "./domain-counts.ts";
import type { TopologyKey } from "./topology-key.ts";

/** Pods that nothing here tells apart, and how many of them each node has. */
export interface Kin {
  readonly rows: Map<number, number>;
  /** Those that it belongs to. */
  readonly populations: Population[];
}

export class Population {
  readonly members = new Set<Kin>();
  #byKey = new Map<TopologyKey, Map<NodeMask | undefined, DomainCounts>>();
  #all: DomainCounts[] = [];
  #perNode: Int32Array | undefined;

  /** Whether anybody has asked for counts. */
  get isWatched(): boolean {
    return this.#all.length > 0 || this.#perNode !== undefined;
  }

  domains(key: TopologyKey, mask?: NodeMask): DomainCounts {
    let byMask = this.#byKey.get(key);
    if (byMask === undefined) this.#byKey.set(key, (byMask = new Map()));
    let counts = byMask.get(mask);
    if (counts !== undefined) return counts;
    counts = new DomainCounts(key, mask);
    for (const { rows } of this.members) for (const [row, count] of rows) counts.add(row, count);
    byMask.set(mask, counts);
    this.#all.push(counts);
    return counts;
  }

  /** By row. */
  perNode(rows: number): Int32Array {
    if (this.#perNode !== undefined) return this.#perNode;
    const counts = new Int32Array(rows);
    for (const kin of this.members) {
      for (const [row, count] of kin.rows) counts[row] = (counts[row] ?? 0) + count;
    }
    return (this.#perNode = counts);
  }

  count(row: number, by: number): void {
    for (let index = 0; index < this.#all.length; index++) this.#all[index]?.add(row, by);
    if (this.#perNode !== undefined) this.#perNode[row] = (this.#perNode[row] ?? 0) + by;
  }

  /** The nodes have changed: what was counted by domain is void. */
  forget(): void {
    if (!this.isWatched) return;
    this.#byKey = new Map();
    this.#all = [];
    this.#perNode = undefined;
  }
}
