/**
 * The scores of the nodes that fit. Local ones are kept per node, so that one changed node costs one node's work; wide
 * ones, which tell nodes apart by marks only, are worked out for each class of nodes.
 */

import { MAX_NODE_SCORE, type Fitting, type Mark, type Plugin } from "../framework/plugin.ts";
import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import { grownFloats, roomFor } from "../snapshot/columns.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { NodeClass } from "./node-class.ts";

/** Between which raw scores the nodes that fit are. */
class Range {
  min = 0;
  max = 0;
  /** Per row, of a local score. */
  raw = new Float64Array(0);

  /** Takes the bounds of all classes together; whether that changed them. */
  take(classes: readonly NodeClass[], index: number): boolean {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const each of classes) {
      const counts = each.rawCounts[index];
      if (!each.isOpen || counts === undefined) continue;
      if (counts.min < min) min = counts.min;
      if (counts.max > max) max = counts.max;
    }
    if (max < min) min = max = 0;
    return this.set(min, max);
  }

  set(min: number, max: number): boolean {
    const moved = min !== this.min || max !== this.max;
    this.min = min;
    this.max = max;
    return moved;
  }
}

export interface ActiveScore {
  readonly plugin: Plugin;
  readonly weight: number;
  readonly state: unknown;
  readonly isWide: boolean;
  /** Of a score that is brought into range by looking at all nodes. */
  readonly range: Range | undefined;
}

interface RelativeScore extends ActiveScore {
  readonly range: Range;
}

export class Scores {
  readonly active: readonly ActiveScore[];
  /** The largest sum of local scores. */
  readonly maxLocal: number;
  readonly marks: readonly Mark[];
  readonly #local: readonly ActiveScore[];
  readonly #relative: readonly RelativeScore[];
  readonly #wide: readonly ActiveScore[];

  constructor(profile: Profile, pod: PodInfo, cluster: Cluster) {
    const active: ActiveScore[] = [];
    for (const { plugin, weight } of profile.plugins) {
      if (plugin.score === undefined || weight === 0) continue;
      const prepared = plugin.preScore?.(pod, cluster) ?? { type: "state", state: undefined };
      if (prepared.type !== "state") continue;
      const range = plugin.normalize === undefined ? undefined : new Range();
      const isWide = plugin.scoreMarks !== undefined;
      active.push({ plugin, weight, state: prepared.state, isWide, range });
    }
    this.active = active;
    this.#local = active.filter(({ isWide }) => !isWide);
    this.#wide = active.filter(({ isWide }) => isWide);
    this.#relative = this.#local.filter((score): score is RelativeScore => score.range !== undefined);
    this.maxLocal = this.#local.reduce((sum, { weight }) => sum + weight * MAX_NODE_SCORE, 0);
    this.marks = this.#wide.flatMap(({ plugin, state }) => plugin.scoreMarks?.(state) ?? []);
  }

  get isWide(): boolean {
    return this.#wide.length > 0;
  }

  /** Whether the local scores of both are kept in the same way. */
  isLike({ maxLocal, relativeCount }: Scores): boolean {
    return this.maxLocal === maxLocal && this.relativeCount === relativeCount;
  }

  /** How many local scores are relative. */
  get relativeCount(): number {
    return this.#relative.length;
  }

  makeRoom(rows: number): void {
    for (const { range } of this.#relative) {
      if (range.raw.length < rows) range.raw = grownFloats(range.raw, roomFor(rows, range.raw.length));
    }
  }

  /** Takes in the relative scores of a node that came to the class; before `localTotal`. */
  enter(row: number, into: NodeClass, cluster: Cluster): void {
    for (let index = 0; index < this.#relative.length; index++) {
      const { plugin, state, range } = this.#relative[index] as RelativeScore;
      const raw = plugin.score?.(state, row, cluster) ?? 0;
      range.raw[row] = raw;
      into.rawCounts[index]?.add(raw);
    }
  }

  leave(row: number, from: NodeClass): void {
    for (let index = 0; index < this.#relative.length; index++) {
      from.rawCounts[index]?.remove(this.#relative[index]?.range.raw[row] ?? 0);
    }
  }

  /** Takes the bounds of the classes whose nodes fit; whether local totals that were given out no longer hold. */
  takeMoved(classes: readonly NodeClass[]): boolean {
    let moved = false;
    for (let index = 0; index < this.#relative.length; index++) {
      if (this.#relative[index]?.range.take(classes, index) === true) moved = true;
    }
    return moved;
  }

  localTotal(row: number, cluster: Cluster): number {
    const local = this.#local;
    let total = 0;
    for (let index = 0; index < local.length; index++) {
      const score = local[index] as ActiveScore;
      total += score.weight * normalized(score, rawScore(score, row, cluster));
    }
    return total;
  }

  /** Works out the wide scores of all classes. */
  scoreClasses(classes: readonly NodeClass[], fitting: Fitting, cluster: Cluster): void {
    for (const each of classes) each.wideTotal = 0;
    for (const score of this.#wide) {
      const { plugin, state, weight, range } = score;
      plugin.survey?.(state, fitting);
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      for (const each of classes) {
        if (!each.isOpen) continue;
        const raw = plugin.score?.(state, each.row, cluster) ?? 0;
        each.wideRaw = raw;
        if (raw < min) min = raw;
        if (raw > max) max = raw;
      }
      if (max < min) min = max = 0;
      range?.set(min, max);
      for (const each of classes) if (each.isOpen) each.wideTotal += weight * normalized(score, each.wideRaw);
    }
  }
}

export function rawScore(
  { plugin, state, isWide, range }: ActiveScore,
  row: number,
  cluster: Cluster,
): number {
  return range === undefined || isWide ? (plugin.score?.(state, row, cluster) ?? 0) : (range.raw[row] ?? 0);
}

/** In 0 to MAX_NODE_SCORE, whatever a plugin answers. */
export function normalized({ plugin, range }: ActiveScore, raw: number): number {
  const score = range === undefined ? raw : (plugin.normalize?.(raw, range) ?? raw);
  if (!(score > 0)) return 0;
  return score >= MAX_NODE_SCORE ? MAX_NODE_SCORE : Math.trunc(score);
}
