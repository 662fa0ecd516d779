/** How many nodes have which raw score of one plugin, so that the bounds are known at any time. */

import type { ScoreBounds } from "../framework/plugin.ts";

export class RawCounts implements ScoreBounds {
  min = 0;
  max = 0;
  readonly #counts = new Map<number, { readonly score: number; count: number }>();
  /** Neighbours often score the same. */
  #recent = { score: Number.NaN, count: 0 };

  clear(): void {
    this.#counts.clear();
    this.#recent = { score: Number.NaN, count: 0 };
    this.min = 0;
    this.max = 0;
  }

  add(score: number): void {
    const recent = this.#countOf(score);
    if (++recent.count > 1) return;
    this.#counts.set(score, recent);
    this.#setBounds();
  }

  remove(score: number): void {
    const recent = this.#countOf(score);
    if (--recent.count > 0) return;
    this.#counts.delete(score);
    this.#setBounds();
  }

  #countOf(score: number): { readonly score: number; count: number } {
    if (this.#recent.score !== score) this.#recent = this.#counts.get(score) ?? { score, count: 0 };
    return this.#recent;
  }

  #setBounds(): void {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const score of this.#counts.keys()) {
      if (score < min) min = score;
      if (score > max) max = score;
    }
    if (this.#counts.size === 0) min = max = 0;
    this.min = min;
    this.max = max;
  }
}
