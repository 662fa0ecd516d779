/**
 * What nodes offer and what their pods ask for, one pair of columns a resource. Only nodes bring new resources
 * into the table: a resource that no node has is offered nowhere, and pods cannot make the table grow.
 */

import { amountOf, MAX_SUM } from "./amounts.ts";
import { grownFloats } from "./columns.ts";
import type { NodeObject, QuantityMap } from "./objects.ts";
import type { PodInfo } from "./pod-info.ts";

const MAX_RESOURCES = 256;

export interface ResourceColumn {
  readonly name: string;
  allocatable: Float64Array;
  requested: Float64Array;
}

export class ResourceTable {
  #room = 0;
  readonly #columns: ResourceColumn[] = [];
  readonly #byName = new Map<string, ResourceColumn>();
  readonly cpu: ResourceColumn = this.#addColumn("cpu");
  readonly memory: ResourceColumn = this.#addColumn("memory");
  readonly ephemeral: ResourceColumn = this.#addColumn("ephemeral-storage");
  /** Requested: how many pods there are. */
  readonly pods: ResourceColumn = this.#addColumn("pods");
  /** Requests as scores count them. */
  scoredMilliCpu: Float64Array = new Float64Array();
  scoredMemoryBytes: Float64Array = new Float64Array();

  column(name: string): ResourceColumn | undefined {
    return this.#byName.get(name);
  }

  #addColumn(name: string): ResourceColumn {
    const column = {
      name,
      allocatable: new Float64Array(this.#room),
      requested: new Float64Array(this.#room),
    };
    this.#columns.push(column);
    this.#byName.set(name, column);
    return column;
  }

  grow(room: number): void {
    this.#room = room;
    for (const column of this.#columns) {
      column.allocatable = grownFloats(column.allocatable, room);
      column.requested = grownFloats(column.requested, room);
    }
    this.scoredMilliCpu = grownFloats(this.scoredMilliCpu, room);
    this.scoredMemoryBytes = grownFloats(this.scoredMemoryBytes, room);
  }

  /** Resources that this node is the first to offer, now with a column; their requests are still to be counted. */
  addColumnsFor(offer: ReadonlyMap<string, number>): readonly string[] {
    const added: string[] = [];
    for (const name of offer.keys()) {
      if (this.#byName.has(name) || this.#columns.length >= MAX_RESOURCES) continue;
      this.#addColumn(name);
      added.push(name);
    }
    return added;
  }

  /** Sets what the node offers; whether that is a change. */
  offer(row: number, offer: ReadonlyMap<string, number>): boolean {
    let changed = false;
    for (const column of this.#columns) {
      const amount = offer.get(column.name) ?? 0;
      changed ||= column.allocatable[row] !== amount;
      column.allocatable[row] = amount;
    }
    return changed;
  }

  clearRow(row: number): void {
    for (const column of this.#columns) {
      column.allocatable[row] = 0;
      column.requested[row] = 0;
    }
    this.scoredMilliCpu[row] = 0;
    this.scoredMemoryBytes[row] = 0;
  }

  /** Adds a pod's requests (`sign` 1) or takes them back (-1); whether the row's sums are still exact. */
  count(row: number, pod: PodInfo, sign: 1 | -1): boolean {
    const { requests } = pod;
    let exact = addTo(this.cpu.requested, row, sign * requests.milliCpu);
    exact = addTo(this.memory.requested, row, sign * requests.memoryBytes) && exact;
    exact = addTo(this.ephemeral.requested, row, sign * requests.ephemeralBytes) && exact;
    exact = addTo(this.pods.requested, row, sign) && exact;
    exact = addTo(this.scoredMilliCpu, row, sign * requests.scoredMilliCpu) && exact;
    exact = addTo(this.scoredMemoryBytes, row, sign * requests.scoredMemoryBytes) && exact;
    for (const { name, amount } of requests.others) {
      const column = this.#byName.get(name);
      if (column !== undefined) exact = addTo(column.requested, row, sign * amount) && exact;
    }
    return exact;
  }

  clearRequests(row: number): void {
    for (const column of this.#columns) column.requested[row] = 0;
    this.scoredMilliCpu[row] = 0;
    this.scoredMemoryBytes[row] = 0;
  }
}

function addTo(column: Float64Array, row: number, amount: number): boolean {
  const before = column[row] ?? 0;
  const after = before + amount;
  column[row] = after;
  return before <= MAX_SUM && after <= MAX_SUM;
}

/** What a node offers to pods. A quantity that cannot be read counts as nothing: too little is safe. */
export function offerOf(node: NodeObject): ReadonlyMap<string, number> {
  const quantities: QuantityMap = node.status?.allocatable ?? node.status?.capacity ?? {};
  const offer = new Map<string, number>();
  for (const [name, quantity] of Object.entries(quantities)) offer.set(name, offered(name, quantity));
  return offer;
}

function offered(name: string, quantity: string): number {
  try {
    return Math.min(MAX_SUM, amountOf(name, quantity));
  } catch {
    return 0;
  }
}
