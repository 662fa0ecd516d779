/**
 * How many pods each domain has: one number a domain, kept up to date pod by pod, and the least of them. Only pods on
 * nodes that the mask lets count are counted, and only domains that have such a node are there.
 */

import type { TopologyKey } from "./topology-key.ts";

/** Per row: 1 where the node counts. */
export type NodeMask = Uint8Array;

export class DomainCounts {
  readonly key: TopologyKey;
  /** By number of the value. */
  readonly counts: Int32Array;
  /** Of all domains together. */
  total = 0;
  /** How many domains there are. */
  readonly size: number;
  readonly #isThere: Uint8Array;
  readonly #mask: NodeMask | undefined;
  /** How many domains have which count, to know the least. */
  readonly #domainsWith: number[] = [];
  #least = 0;

  constructor(key: TopologyKey, mask?: NodeMask) {
    this.key = key;
    this.#mask = mask;
    this.counts = new Int32Array(key.room);
    const isThere = (this.#isThere = new Uint8Array(key.room));
    for (let row = 0; row < key.ids.length; row++) {
      if (mask === undefined || mask[row] === 1) isThere[key.idOf(row)] = 1;
    }
    let size = 0;
    for (let id = 1; id < isThere.length; id++) size += isThere[id] ?? 0;
    this.size = size;
    this.#domainsWith[0] = size;
  }

  /** Of a domain; 0 where there are none. */
  get least(): number {
    return this.#least;
  }

  /** Whether the domain has a node that counts. */
  has(id: number): boolean {
    return this.#isThere[id] === 1;
  }

  ofRow(row: number): number {
    return this.counts[this.key.idOf(row)] ?? 0;
  }

  /** As many pods of the node come, or go when it is below 0. */
  add(row: number, by: number): void {
    const id = this.key.idOf(row);
    if (id === 0 || (this.#mask !== undefined && this.#mask[row] !== 1)) return;
    const before = this.counts[id] ?? 0;
    const after = before + by;
    this.counts[id] = after;
    this.total += by;
    this.#domainsWith[before] = (this.#domainsWith[before] ?? 0) - 1;
    this.#domainsWith[after] = (this.#domainsWith[after] ?? 0) + 1;
    if (after < this.#least) this.#least = after;
    else while ((this.#domainsWith[this.#least] ?? 0) === 0) this.#least++;
  }
}
