/**
 * All nodes held against one pod, kept up to date: the first time every node is judged and scored; afterwards
 * only the nodes whose rows changed. What plugins say that look beyond the node is asked once for each class of nodes
 * that they cannot tell apart. Pods that are alike share one evaluation, so that a decision costs as much as has
 * changed since the last one and still knows every node.
 *
 * What must stay true: after `refresh` it equals what a fresh evaluation would be.
 */

import { CycleState } from "../framework/cycle-state.ts";
import type { Profile } from "../framework/profile.ts";
import { FITS, NO_NODE, type Verdict } from "../framework/verdict.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import { grownInts, roomFor } from "../snapshot/columns.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { NodeClasses } from "./node-classes.ts";
import { RankedRows } from "./ranking.ts";
import { Scores } from "./scores.ts";
import { Standings } from "./standings.ts";

export class Evaluation {
  readonly ranking: Standings;
  /** Moves when any verdict or score may have changed. */
  version = 0;
  readonly #profile: Profile;
  readonly #cluster: Cluster;
  readonly #ranked = new RankedRows();
  #pod: PodInfo;
  #cycle: CycleState;
  #scores: Scores;
  #classes: NodeClasses;
  /** What the local filters say. */
  #verdicts = new Int32Array(0);
  readonly #localRejections = new Map<Verdict, number>();
  /** Changes of the cluster up to here are taken in; -1 before the first. */
  #sequence = -1;

  constructor(profile: Profile, cluster: Cluster, pod: PodInfo) {
    this.#profile = profile;
    this.#cluster = cluster;
    this.#pod = pod;
    this.#cycle = new CycleState(profile, pod, cluster);
    this.#scores = new Scores(profile, pod, cluster);
    this.#classes = this.#newClasses();
    this.ranking = new Standings(this.#ranked, this.#classes);
  }

  /** Makes it the evaluation of another pod, in the same memory. */
  assign(pod: PodInfo): void {
    this.#pod = pod;
    this.#readPod();
  }

  get cycle(): CycleState {
    return this.#cycle;
  }

  get scores(): Scores {
    return this.#scores;
  }

  get #isWide(): boolean {
    return this.#cycle.isWide || this.#scores.isWide;
  }

  verdictOf(row: number): Verdict {
    const verdict = this.#verdicts[row] ?? NO_NODE;
    if (verdict === NO_NODE || !this.#cycle.isWide) return verdict;
    if (verdict === FITS) return this.#classes.ofRow(row)?.verdict ?? NO_NODE;
    return this.#cycle.widestLast ? verdict : this.#cycle.judge(row, this.#cluster);
  }

  /** How many nodes got which "no". */
  get rejections(): ReadonlyMap<Verdict, number> {
    if (!this.#cycle.isWide) return this.#localRejections;
    if (!this.#cycle.widestLast) return this.#countAll();
    const counts = new Map(this.#localRejections);
    for (const { verdict, size } of this.#classes.all) if (verdict !== FITS) count(counts, verdict, size);
    return counts;
  }

  /** `pod` has the standing of the one that it was made for, whose own may have changed. */
  refresh(pod: PodInfo): void {
    this.#pod = pod;
    const { sequence, rows } = this.#cluster;
    const isCurrent = this.#isCurrent();
    if (sequence === this.#sequence && isCurrent) return;
    this.version++;
    const changes = sequence - this.#sequence;
    const caughtUp = this.#sequence >= 0 && isCurrent && changes <= rows && this.#catchUp(rows);
    if (!caughtUp) this.#evaluateAll(rows);
    this.#sequence = sequence;
  }

  #isCurrent(): boolean {
    if (!this.#cycle.isCurrent(this.#cluster)) return false;
    return !this.#isWide || this.#cycle.hasCurrentCounts(this.#cluster);
  }

  #readPod(): void {
    this.#sequence = -1;
    this.#cycle = new CycleState(this.#profile, this.#pod, this.#cluster);
    const before = this.#scores;
    this.#scores = new Scores(this.#profile, this.#pod, this.#cluster);
    if (this.#isWide || !this.#classes.isOne || !this.#scores.isLike(before)) {
      this.#classes = this.#newClasses();
      this.ranking.assign(this.#classes);
    } else this.#classes.clear();
  }

  #newClasses(): NodeClasses {
    return new NodeClasses([...this.#cycle.marks, ...this.#scores.marks], this.#cluster, {
      maxTotal: this.#scores.maxLocal,
      ranked: this.#ranked,
      relative: this.#scores.relativeCount,
    });
  }

  #evaluateAll(rows: number): void {
    if (this.#sequence >= 0 || !this.#isCurrent()) this.#readPod();
    if (this.#verdicts.length < rows) this.#verdicts = new Int32Array(roomFor(rows, this.#verdicts.length));
    this.#verdicts.fill(NO_NODE);
    this.#ranked.reset(rows);
    this.#makeRoom(rows);
    this.#localRejections.clear();
    for (let row = 0; row < rows; row++) {
      const verdict = this.#cycle.judgeLocally(row, this.#cluster);
      this.#verdicts[row] = verdict;
      if (verdict === FITS) this.#enter(row);
      else if (verdict !== NO_NODE) count(this.#localRejections, verdict, 1);
    }
    this.#judgeClasses();
    this.#scores.takeMoved(this.#classes.all);
    this.#rankAll(rows);
    this.#scoreClasses();
  }

  /** Looks again at the nodes that changed; false when too much is unknown. */
  #catchUp(rows: number): boolean {
    this.#makeRoom(rows);
    for (let sequence = this.#sequence; sequence < this.#cluster.sequence; sequence++) {
      const row = this.#cluster.changedRow(sequence);
      if (row === undefined) return false;
      this.#lookAgain(row);
    }
    this.#judgeClasses();
    if (this.#scores.takeMoved(this.#classes.all)) this.#rankAll(rows);
    else this.#rankChanged();
    this.#scoreClasses();
    return true;
  }

  #lookAgain(row: number): void {
    const before = this.#verdicts[row] ?? NO_NODE;
    const after = this.#cycle.judgeLocally(row, this.#cluster);
    this.#verdicts[row] = after;
    const its = this.#classes.ofRow(row);
    if (its !== undefined) this.#scores.leave(row, its);
    if (after === FITS) this.#enter(row);
    else this.#classes.leave(row);
    if (before === after) return;
    if (before > FITS) count(this.#localRejections, before, -1);
    if (after > FITS) count(this.#localRejections, after, 1);
  }

  #enter(row: number): void {
    this.#scores.enter(row, this.#classes.enter(row), this.#cluster);
  }

  #judgeClasses(): void {
    if (!this.#isWide) return;
    this.#classes.sweep();
    if (!this.#cycle.isWide) return;
    for (const each of this.#classes.all) {
      each.verdict = each.size === 0 ? FITS : this.#cycle.judgeWidely(each.row, this.#cluster);
    }
  }

  #scoreClasses(): void {
    if (!this.#scores.isWide) return;
    this.#scores.scoreClasses(this.#classes.all, this.#classes.fitting, this.#cluster);
  }

  /** Only after all changes are judged: a total depends on the bounds of all scores. */
  #rankChanged(): void {
    for (let sequence = this.#sequence; sequence < this.#cluster.sequence; sequence++) {
      this.#rank(this.#cluster.changedRow(sequence) ?? 0);
    }
  }

  #rankAll(rows: number): void {
    for (let row = 0; row < rows; row++) this.#rank(row);
  }

  #rank(row: number): void {
    const its = this.#classes.ofRow(row);
    if (its !== undefined) its.ranking.set(row, this.#scores.localTotal(row, this.#cluster));
  }

  /** Where wide filters come before local ones, what a node says first is found out node by node. */
  #countAll(): Map<Verdict, number> {
    const counts = new Map<Verdict, number>();
    for (let row = 0; row < this.#cluster.rows; row++) {
      const verdict = this.verdictOf(row);
      if (verdict > FITS) count(counts, verdict, 1);
    }
    return counts;
  }

  #makeRoom(rows: number): void {
    const before = this.#verdicts.length;
    if (rows > before)
      this.#verdicts = grownInts(this.#verdicts, roomFor(rows, before)).fill(NO_NODE, before);
    this.#ranked.makeRoom(rows);
    this.#classes.makeRoom(rows);
    this.#scores.makeRoom(rows);
  }
}

function count(counts: Map<Verdict, number>, verdict: Verdict, by: number): void {
  const after = (counts.get(verdict) ?? 0) + by;
  if (after === 0) counts.delete(verdict);
  else counts.set(verdict, after);
}
