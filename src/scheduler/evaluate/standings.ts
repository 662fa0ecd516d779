/** All nodes that fit, by total score: the rankings of the open classes side by side. */

import type { Random } from "../../lib/random.ts";
import type { NodeClass } from "./node-class.ts";
import type { NodeClasses } from "./node-classes.ts";
import type { RankedRows } from "./ranking.ts";

const ABSENT = -1;

export class Standings {
  readonly #ranked: RankedRows;
  #classes: NodeClasses;

  constructor(ranked: RankedRows, classes: NodeClasses) {
    this.#ranked = ranked;
    this.#classes = classes;
  }

  /** From now on of these. */
  assign(classes: NodeClasses): void {
    this.#classes = classes;
  }

  /** How many nodes fit. */
  get size(): number {
    let size = 0;
    for (const each of this.#classes.all) if (each.isOpen) size += each.size;
    return size;
  }

  /** -1 for a row whose node does not fit. */
  totalOf(row: number): number {
    const its = this.#classes.ofRow(row);
    if (its?.isOpen !== true) return ABSENT;
    return (this.#ranked.totals[row] ?? ABSENT) + its.wideTotal;
  }

  /** The best total, -1 when no node fits. */
  get best(): number {
    let best = ABSENT;
    for (const each of this.#classes.all) {
      const its = bestOf(each);
      if (its > best) best = its;
    }
    return best;
  }

  /** How many rows have the best total. */
  get ties(): number {
    const { best } = this;
    let ties = 0;
    if (best === ABSENT) return 0;
    for (const each of this.#classes.all) if (bestOf(each) === best) ties += each.ranking.ties;
    return ties;
  }

  /** One of the rows with the best total, each as likely as the others; -1 when no node fits. */
  draw(random: Random): number {
    const { best, ties } = this;
    if (ties === 0) return ABSENT;
    let index = ties === 1 ? 0 : random.below(ties);
    for (const each of this.#classes.all) {
      if (bestOf(each) !== best) continue;
      if (index < each.ranking.ties) return each.ranking.bestRow(index);
      index -= each.ranking.ties;
    }
    return ABSENT;
  }

  /** Up to `limit` rows, best totals first. */
  top(limit: number): number[] {
    const open = this.#classes.all.filter(({ isOpen }) => isOpen);
    const rows = open.flatMap(({ ranking }) => ranking.top(limit));
    if (open.length > 1) rows.sort((a, b) => this.totalOf(b) - this.totalOf(a));
    return rows.slice(0, limit);
  }
}

function bestOf(each: NodeClass): number {
  return each.isOpen ? each.ranking.best + each.wideTotal : ABSENT;
}
