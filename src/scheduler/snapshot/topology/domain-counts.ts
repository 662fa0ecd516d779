/**
 * How many pods each domain has: one number a domain, kept up to date pod by pod, and the least of them. Only pods on
 * nodes that the mask lets count are counted, and only domains that have such a node are there.
 */

import { grownInts, roomFor } from "../columns.ts";
import type { NodeMask } from "./node-mask.ts";
import type { TopologyKey } from "./topology-key.ts";

export class DomainCounts {
  readonly key: TopologyKey;
  /** Of all domains together. */
  total = 0;
  /** How many domains there are. */
  size = 0;
  /** Of the domain that has the fewest; 0 without domains. */
  least = 0;
  /** By number of the value. */
  #counts: Int32Array;
  /** Of each domain: how many nodes that count. */
  #nodes: Int32Array;
  readonly #mask: NodeMask | undefined;
  /** How many domains have which count, to know the least. */
  readonly #domainsWith: number[] = [];

  constructor(key: TopologyKey, mask?: NodeMask) {
    this.key = key;
    this.#mask = mask;
    this.#counts = new Int32Array(key.room);
    this.#nodes = new Int32Array(key.room);
    for (let row = 0; row < key.rowRoom; row++) this.enterNode(row);
  }

  /** Whether the domain has a node that counts. */
  has(id: number): boolean {
    return (this.#nodes[id] ?? 0) > 0;
  }

  of(id: number): number {
    return this.#counts[id] ?? 0;
  }

  ofRow(row: number): number {
    return this.#counts[this.key.idOf(row)] ?? 0;
  }

  /** As many pods of the node come, or go when it is below 0. */
  add(row: number, by: number): void {
    if (!this.#counted(row)) return;
    const id = this.key.idOf(row);
    const before = this.#counts[id] ?? 0;
    this.#counts[id] = before + by;
    this.total += by;
    this.#move(before, before + by);
  }

  /** The node in the row counts from now on; its pods are added afterwards. */
  enterNode(row: number): void {
    if (!this.#counted(row)) return;
    const id = this.key.idOf(row);
    this.#makeRoom(id);
    const nodes = (this.#nodes[id] = (this.#nodes[id] ?? 0) + 1);
    if (nodes > 1) return;
    this.size++;
    this.#domainsWith[0] = (this.#domainsWith[0] ?? 0) + 1;
    this.least = 0;
  }

  /** Before the node in the row changes or goes; its pods are gone already. */
  leaveNode(row: number): void {
    if (!this.#counted(row)) return;
    const id = this.key.idOf(row);
    const nodes = (this.#nodes[id] = (this.#nodes[id] ?? 0) - 1);
    if (nodes > 0) return;
    this.size--;
    this.#domainsWith[0] = (this.#domainsWith[0] ?? 0) - 1;
    this.#findLeast();
  }

  #counted(row: number): boolean {
    return this.key.idOf(row) !== 0 && this.#mask?.has(row) !== false;
  }

  #move(before: number, after: number): void {
    this.#domainsWith[before] = (this.#domainsWith[before] ?? 0) - 1;
    this.#domainsWith[after] = (this.#domainsWith[after] ?? 0) + 1;
    if (after < this.least) this.least = after;
    else if (before === this.least) this.#findLeast();
  }

  #findLeast(): void {
    if (this.size === 0) this.least = 0;
    else while ((this.#domainsWith[this.least] ?? 0) === 0) this.least++;
  }

  #makeRoom(id: number): void {
    if (id < this.#counts.length) return;
    const room = roomFor(id + 1, this.#counts.length);
    this.#counts = grownInts(this.#counts, room);
    this.#nodes = grownInts(this.#nodes, room);
  }
}
