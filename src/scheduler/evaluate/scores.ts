/** The scores of the nodes that fit, kept per node so that one changed node costs one node's work. */

import { MAX_NODE_SCORE, type Plugin, type ScoreBounds } from "../framework/plugin.ts";
import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import { grownFloats, roomFor } from "../snapshot/columns.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

export interface ActiveScore {
  readonly plugin: Plugin;
  readonly weight: number;
  readonly state: unknown;
  /** Of a score that is brought into range by looking at all nodes. */
  readonly relative: RelativeScore | undefined;
}

/** Raw scores of one plugin and how many nodes have each, so that the bounds are known at any time. */
class RelativeScore {
  raw = new Float64Array(0);
  readonly #counts = new Map<number, { readonly score: number; count: number }>();
  /** Neighbours often score the same. */
  #recent = { score: Number.NaN, count: 0 };
  #min = 0;
  #max = 0;
  #settled: ScoreBounds = { min: 0, max: 0 };

  get bounds(): ScoreBounds {
    return { min: this.#min, max: this.#max };
  }

  reset(rows: number): void {
    if (this.raw.length < rows) this.raw = new Float64Array(roomFor(rows, this.raw.length));
    this.#counts.clear();
    this.#recent = { score: Number.NaN, count: 0 };
    this.#min = 0;
    this.#max = 0;
  }

  /** Whether the bounds moved since it was last asked, so that all totals must be worked out again. */
  takeMoved(): boolean {
    const moved = this.#min !== this.#settled.min || this.#max !== this.#settled.max;
    if (moved) this.#settled = this.bounds;
    return moved;
  }

  makeRoom(rows: number): void {
    if (this.raw.length < rows) this.raw = grownFloats(this.raw, roomFor(rows, this.raw.length));
  }

  add(row: number, score: number): void {
    this.raw[row] = score;
    const recent = this.#countOf(score);
    if (++recent.count > 1) return;
    this.#counts.set(score, recent);
    this.#setBounds();
  }

  remove(row: number): void {
    const score = this.raw[row] ?? 0;
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
    this.#min = min;
    this.#max = max;
  }
}

export class Scores {
  readonly active: readonly ActiveScore[];
  readonly #relative: readonly RelativeScore[];

  constructor(profile: Profile, pod: PodInfo, cluster: Cluster) {
    const active: ActiveScore[] = [];
    for (const { plugin, weight } of profile.plugins) {
      if (plugin.score === undefined || weight === 0) continue;
      const prepared = plugin.preScore?.(pod, cluster) ?? { type: "state", state: undefined };
      if (prepared.type !== "state") continue;
      const relative = plugin.normalize === undefined ? undefined : new RelativeScore();
      active.push({ plugin, weight, state: prepared.state, relative });
    }
    this.active = active;
    this.#relative = active.flatMap(({ relative }) => relative ?? []);
  }

  reset(rows: number): void {
    for (const relative of this.#relative) relative.reset(rows);
  }

  makeRoom(rows: number): void {
    for (const relative of this.#relative) relative.makeRoom(rows);
  }

  /** Takes in the node's relative scores; to be called when it fits, before `total`. */
  enter(row: number, cluster: Cluster): void {
    for (const { plugin, state, relative } of this.active) {
      if (relative !== undefined) relative.add(row, plugin.score?.(state, row, cluster) ?? 0);
    }
  }

  leave(row: number): void {
    for (const relative of this.#relative) relative.remove(row);
  }

  /** Whether totals that were given out before no longer hold; asking forgets it. */
  takeMoved(): boolean {
    let moved = false;
    for (const relative of this.#relative) {
      if (relative.takeMoved()) moved = true;
    }
    return moved;
  }

  total(row: number, cluster: Cluster): number {
    const { active } = this;
    let total = 0;
    for (let index = 0; index < active.length; index++) {
      const score = active[index] as ActiveScore;
      total += score.weight * normalized(score, rawScore(score, row, cluster));
    }
    return total;
  }
}

export function rawScore({ plugin, state, relative }: ActiveScore, row: number, cluster: Cluster): number {
  return relative === undefined ? (plugin.score?.(state, row, cluster) ?? 0) : (relative.raw[row] ?? 0);
}

/** In 0 to MAX_NODE_SCORE, whatever a plugin answers. */
export function normalized({ plugin, relative }: ActiveScore, raw: number): number {
  const score = relative === undefined ? raw : (plugin.normalize?.(raw, relative.bounds) ?? raw);
  if (!(score > 0)) return 0;
  return score >= MAX_NODE_SCORE ? MAX_NODE_SCORE : Math.trunc(score);
}
