/** Pods that something counts: those that a selector picks, or those that carry a term of affinity. */

import { grownInts, roomFor } from "../columns.ts";
import { DomainCounts } from "./domain-counts.ts";
import type { NodeMask } from "./node-mask.ts";
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
  #perNode: NodeCounts | undefined;

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

  perNode(): NodeCounts {
    if (this.#perNode !== undefined) return this.#perNode;
    const counts = new NodeCounts();
    for (const { rows } of this.members) for (const [row, count] of rows) counts.add(row, count);
    return (this.#perNode = counts);
  }

  count(row: number, by: number): void {
    for (let index = 0; index < this.#all.length; index++) this.#all[index]?.add(row, by);
    this.#perNode?.add(row, by);
  }

  enterNode(row: number): void {
    for (const counts of this.#all) counts.enterNode(row);
  }

  leaveNode(row: number): void {
    for (const counts of this.#all) counts.leaveNode(row);
  }

  /** Keys and masks are void, and so is what was counted by them. */
  forget(): void {
    this.#byKey = new Map();
    this.#all = [];
    this.#perNode = undefined;
  }
}

/** By row. */
export class NodeCounts {
  #counts = new Int32Array(0);

  of(row: number): number {
    return this.#counts[row] ?? 0;
  }

  add(row: number, by: number): void {
    if (row >= this.#counts.length)
      this.#counts = grownInts(this.#counts, roomFor(row + 1, this.#counts.length));
    this.#counts[row] = (this.#counts[row] ?? 0) + by;
  }
}
