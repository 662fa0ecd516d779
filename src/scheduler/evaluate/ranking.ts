/**
 * Nodes by their score: one bucket a score. Moving a node, finding the best score and one of the equals each take the
 * same time however many nodes there are.
 */

import { grownInts, roomFor } from "../snapshot/columns.ts";

class Bucket {
  rows = new Int32Array(8);
  count = 0;
}

const ABSENT = -1;

/** Where each row is; shared by rankings of which a row is in one at most. */
export class RankedRows {
  totals = new Int32Array(0);
  places = new Int32Array(0);

  reset(rows: number): void {
    this.makeRoom(rows);
    this.totals.fill(ABSENT);
  }

  makeRoom(rows: number): void {
    const before = this.totals.length;
    if (rows <= before) return;
    const room = roomFor(rows, before);
    this.totals = grownInts(this.totals, room).fill(ABSENT, before);
    this.places = grownInts(this.places, room);
  }
}

export class Ranking {
  /** Number of rows in it. */
  size = 0;
  #best = -1;
  readonly #buckets: (Bucket | undefined)[] = [];
  /** Per 32 scores one word: which buckets have rows. */
  readonly #filled: Uint32Array;
  readonly #rows: RankedRows;

  constructor(maxTotal: number, rows: RankedRows) {
    this.#filled = new Uint32Array((maxTotal >>> 5) + 1);
    this.#rows = rows;
  }

  /** Empties it; the rows are to be reset too. */
  clear(): void {
    for (const bucket of this.#buckets) if (bucket !== undefined) bucket.count = 0;
    this.#filled.fill(0);
    this.size = 0;
    this.#best = -1;
  }

  set(row: number, total: number): void {
    const { totals, places } = this.#rows;
    const before = totals[row];
    if (before === total) return;
    if (before !== ABSENT) this.remove(row);
    const bucket = (this.#buckets[total] ??= new Bucket());
    if (bucket.count === bucket.rows.length) bucket.rows = grownInts(bucket.rows, bucket.count * 2);
    bucket.rows[bucket.count] = row;
    places[row] = bucket.count++;
    totals[row] = total;
    this.#filled[total >>> 5] = (this.#filled[total >>> 5] ?? 0) | (1 << (total & 31));
    if (total > this.#best) this.#best = total;
    this.size++;
  }

  remove(row: number): void {
    const { totals, places } = this.#rows;
    const total = totals[row] ?? ABSENT;
    if (total === ABSENT) return;
    const bucket = this.#buckets[total] as Bucket;
    const place = places[row] ?? 0;
    const last = bucket.rows[--bucket.count] ?? 0;
    bucket.rows[place] = last;
    places[last] = place;
    totals[row] = ABSENT;
    this.size--;
    if (bucket.count > 0) return;
    this.#filled[total >>> 5] = (this.#filled[total >>> 5] ?? 0) & ~(1 << (total & 31));
    if (total === this.#best) this.#best = this.#nextFilled(total);
  }

  /** The best total, -1 when it is empty. */
  get best(): number {
    return this.#best;
  }

  /** How many rows have the best total. */
  get ties(): number {
    return this.#buckets[this.#best]?.count ?? 0;
  }

  /** One of the rows with the best total, by number below `ties`. */
  bestRow(index: number): number {
    return this.#buckets[this.#best]?.rows[index] ?? -1;
  }

  /** Up to `limit` rows, best totals first. */
  top(limit: number): number[] {
    const rows: number[] = [];
    for (let total = this.#best; total >= 0 && rows.length < limit; total = this.#nextFilled(total)) {
      const bucket = this.#buckets[total] as Bucket;
      for (let place = 0; place < bucket.count && rows.length < limit; place++) {
        rows.push(bucket.rows[place] ?? 0);
      }
    }
    return rows;
  }

  /** The largest filled total below `total`, or -1. */
  #nextFilled(total: number): number {
    let word = total >>> 5;
    let bits = (this.#filled[word] ?? 0) & ((1 << (total & 31)) - 1);
    while (bits === 0) {
      if (word === 0) return -1;
      bits = this.#filled[--word] ?? 0;
    }
    return word * 32 + 31 - Math.clz32(bits);
  }
}
