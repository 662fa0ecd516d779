/**
 * Nodes that the local filters let pass and that wide plugins cannot tell apart: they have the same verdict and get the
 * same wide scores, which are therefore kept once for all of them. Within a class, nodes are ranked by their local
 * scores.
 */

import { grownInts } from "../snapshot/columns.ts";
import { FITS, type Verdict } from "../framework/verdict.ts";
import { Ranking, type RankedRows } from "./ranking.ts";
import { RawCounts } from "./raw-counts.ts";

export class NodeClass {
  readonly marks: readonly number[];
  readonly ranking: Ranking;
  /** Of each local score that is relative. */
  readonly rawCounts: readonly RawCounts[];
  /** What the wide filters say of its nodes. */
  verdict: Verdict = FITS;
  /** The sum of the wide scores of its nodes. */
  wideTotal = 0;
  /** The raw wide score that is being worked out. */
  wideRaw = 0;
  size = 0;
  rows = new Int32Array(4);

  constructor(marks: readonly number[], { maxTotal, ranked, relative }: ClassOptions) {
    this.marks = marks;
    this.ranking = new Ranking(maxTotal, ranked);
    this.rawCounts = Array.from({ length: relative }, () => new RawCounts());
  }

  /** Any of its nodes. */
  get row(): number {
    return this.rows[0] ?? 0;
  }

  get isOpen(): boolean {
    return this.size > 0 && this.verdict === FITS;
  }

  /** Where the row stands in it. */
  add(row: number): number {
    if (this.size === this.rows.length) this.rows = grownInts(this.rows, this.size * 2);
    this.rows[this.size] = row;
    return this.size++;
  }

  /** The row that stands at the place now. */
  removeAt(place: number): number {
    const last = this.rows[--this.size] ?? 0;
    this.rows[place] = last;
    return last;
  }

  clear(): void {
    this.size = 0;
    this.verdict = FITS;
    this.wideTotal = 0;
    this.ranking.clear();
    for (const counts of this.rawCounts) counts.clear();
  }
}

export interface ClassOptions {
  readonly maxTotal: number;
  readonly ranked: RankedRows;
  /** How many local scores are relative. */
  readonly relative: number;
}
