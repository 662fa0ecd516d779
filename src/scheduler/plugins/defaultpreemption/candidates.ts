/**
 * The nodes that would take a pod without some pods of lower priority, and which of them costs least: one row of
 * columns a node, kept up to date. Pods that are alike share one table, so that a search costs as much as has changed
 * since the last one and still looks at every node.
 *
 * What must stay true: after `refresh` it equals a table made afresh.
 */

import type { Attempt } from "../../framework/plugin.ts";
import { grownBytes, grownFloats, roomFor } from "../../snapshot/columns.ts";
import { Budgets } from "./budgets.ts";
import { Tournament } from "./tournament.ts";
import { lowerPriorityPods, startMs, victimsOn, type Victims } from "./victims.ts";

/** What is with a node. */
const NO_NODE = 0;
const CANDIDATE = 1;
const NOT_HELPFUL = 2;
const NO_VICTIMS = 3;
/** Does not take the pod even without them. */
const REFUSES = 4;

export class CandidateTable {
  #attempt: Attempt;
  #budgets = new Budgets();
  /** Changes of the cluster up to here are taken in; -1 before the first. */
  #sequence = -1;
  #layout = -1;
  #rows = 0;
  #kinds = new Uint8Array(0);
  #violations = new Float64Array(0);
  #highest = new Float64Array(0);
  #sums = new Float64Array(0);
  #counts = new Float64Array(0);
  #starts = new Float64Array(0);
  /** How many of the node's lower pods belong to one budget. */
  #shares = new Float64Array(0);
  /** By row: the verdict of a node that refuses. */
  readonly #refusals = new Map<number, number>();
  readonly #tournament = new Tournament((a, b) => this.#isBetter(a, b));

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** The best node's row, or -1. */
  get best(): number {
    return this.#tournament.winner;
  }

  refresh(attempt: Attempt, budgets: Budgets): void {
    const { sequence, layout, rows } = attempt.cluster;
    const isOther = attempt.basis !== this.#attempt.basis;
    this.#attempt = attempt;
    const change = this.#budgets.changeTo(budgets);
    this.#budgets = budgets;
    const isStale =
      isOther ||
      !attempt.nodeLocal ||
      layout !== this.#layout ||
      change.type === "all" ||
      rows !== this.#rows;
    if (isStale || !this.#catchUp()) this.#searchAll();
    else if (change.type === "above") this.#searchAbove(change.count);
    this.#sequence = sequence;
    this.#layout = layout;
  }

  victimsOn(row: number): Victims {
    const { cluster, pod } = this.#attempt;
    const found = this.#search(row, lowerPriorityPods(cluster, row, pod.priority));
    return typeof found === "number" ? { pods: [], violations: 0 } : found;
  }

  /** The rows whose nodes would take the pod, the best first. */
  candidates(limit: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.#rows; row++) if (this.#kinds[row] === CANDIDATE) rows.push(row);
    return rows.sort((a, b) => (this.#isBetter(a, b) ? -1 : 1)).slice(0, limit);
  }

  /** Why no node does, with how many of them. */
  reasons(): Map<string, number> {
    const counts = new Map<string, number>();
    const count = (text: string): void => void counts.set(text, (counts.get(text) ?? 0) + 1);
    for (let row = 0; row < this.#rows; row++) {
      const kind = this.#kinds[row];
      if (kind === NOT_HELPFUL) count("Preemption is not helpful for scheduling");
      else if (kind === NO_VICTIMS) count("No preemption victims found for incoming pod");
      else if (kind === REFUSES) {
        for (const text of this.#attempt.reasonsOf(this.#refusals.get(row) ?? 0)) count(text);
      }
    }
    return counts;
  }

  #catchUp(): boolean {
    const { cluster } = this.#attempt;
    if (this.#sequence < 0 || cluster.sequence - this.#sequence > this.#rows) return false;
    const seen = new Set<number>();
    for (let sequence = this.#sequence; sequence < cluster.sequence; sequence++) {
      const row = cluster.changedRow(sequence);
      if (row === undefined) return false;
      seen.add(row);
    }
    for (const row of seen) {
      this.#look(row);
      this.#tournament.update(row, this.#kinds[row] === CANDIDATE);
    }
    return true;
  }

  #searchAll(): void {
    this.#makeRoom(this.#attempt.cluster.rows);
    this.#refusals.clear();
    for (let row = 0; row < this.#rows; row++) this.#look(row);
    this.#tournament.rebuild(this.#rows, (row) => this.#kinds[row] === CANDIDATE);
  }

  #searchAbove(count: number): void {
    for (let row = 0; row < this.#rows; row++) {
      if ((this.#shares[row] ?? 0) <= count) continue;
      this.#look(row);
      this.#tournament.update(row, this.#kinds[row] === CANDIDATE);
    }
  }

  /** Works out one row afresh. */
  #look(row: number): void {
    const { cluster, pod } = this.#attempt;
    if (this.#kinds[row] === REFUSES) this.#refusals.delete(row);
    if (cluster.present[row] !== 1) {
      this.#kinds[row] = NO_NODE;
      return;
    }
    this.#shares[row] = 0;
    if (!this.#attempt.isResolvable(row)) {
      this.#kinds[row] = NOT_HELPFUL;
      return;
    }
    const lower = lowerPriorityPods(cluster, row, pod.priority);
    if (lower.length === 0) {
      this.#kinds[row] = NO_VICTIMS;
      return;
    }
    this.#shares[row] = this.#budgets.largestShare(lower);
    const found = this.#search(row, lower);
    if (typeof found === "number") {
      this.#kinds[row] = REFUSES;
      this.#refusals.set(row, found);
    } else this.#enter(row, found);
  }

  #search(row: number, lower: Parameters<typeof victimsOn>[1]): Victims | number {
    const { cluster, pod, judge } = this.#attempt;
    return victimsOn(row, lower, { cluster, priority: pod.priority, budgets: this.#budgets, judge });
  }

  #enter(row: number, { pods, violations }: Victims): void {
    const [first] = pods;
    this.#kinds[row] = first === undefined ? NO_VICTIMS : CANDIDATE;
    if (first === undefined) return;
    let sum = 0;
    let start = Number.POSITIVE_INFINITY;
    for (const pod of pods) {
      // As kube-scheduler: so that more victims are never the better choice because their priorities are negative.
      sum += pod.priority + 2 ** 31;
      if (pod.priority === first.priority) start = Math.min(start, startMs(pod));
    }
    this.#violations[row] = violations;
    this.#highest[row] = first.priority;
    this.#sums[row] = sum;
    this.#counts[row] = pods.length;
    this.#starts[row] = start;
  }

  /** The rules one after the other, as long as they see no difference; at last the order of the rows. */
  #isBetter(a: number, b: number): boolean {
    let difference = (this.#violations[a] ?? 0) - (this.#violations[b] ?? 0);
    if (difference !== 0) return difference < 0;
    difference = (this.#highest[a] ?? 0) - (this.#highest[b] ?? 0);
    if (difference !== 0) return difference < 0;
    difference = (this.#sums[a] ?? 0) - (this.#sums[b] ?? 0);
    if (difference !== 0) return difference < 0;
    difference = (this.#counts[a] ?? 0) - (this.#counts[b] ?? 0);
    if (difference !== 0) return difference < 0;
    const [startA = 0, startB = 0] = [this.#starts[a], this.#starts[b]];
    return startA === startB ? a < b : startA > startB;
  }

  #makeRoom(rows: number): void {
    this.#rows = rows;
    const room = roomFor(rows, this.#kinds.length);
    if (room <= this.#kinds.length) return;
    this.#kinds = grownBytes(this.#kinds, room);
    this.#violations = grownFloats(this.#violations, room);
    this.#highest = grownFloats(this.#highest, room);
    this.#sums = grownFloats(this.#sums, room);
    this.#counts = grownFloats(this.#counts, room);
    this.#starts = grownFloats(this.#starts, room);
    this.#shares = grownFloats(this.#shares, room);
  }
}
