/**
 * All nodes held against one pod, kept up to date: the first time every node is judged and scored; afterwards
 * only the nodes whose rows changed. Pods that are alike share one evaluation, so that a decision costs as much as
 * has changed since the last one and still knows every node.
 *
 * What must stay true: after `refresh` it equals what a fresh evaluation would be.
 */

import { CycleState } from "../framework/cycle-state.ts";
import type { Profile } from "../framework/profile.ts";
import { FITS, NO_NODE, type Verdict } from "../framework/verdict.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import { grownInts, roomFor } from "../snapshot/columns.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Ranking } from "./ranking.ts";
import { Scores } from "./scores.ts";

export class Evaluation {
  readonly ranking: Ranking;
  /** How many nodes got which "no". */
  readonly rejections = new Map<Verdict, number>();
  /** Moves when any verdict or score may have changed. */
  version = 0;
  readonly #profile: Profile;
  readonly #cluster: Cluster;
  #pod: PodInfo;
  #cycle: CycleState;
  #scores: Scores;
  #verdicts = new Int32Array(0);
  /** Changes of the cluster up to here are taken in; -1 before the first. */
  #sequence = -1;

  constructor(profile: Profile, cluster: Cluster, pod: PodInfo) {
    this.#profile = profile;
    this.#cluster = cluster;
    this.#pod = pod;
    this.ranking = new Ranking(profile.maxTotal);
    this.#cycle = new CycleState(profile, pod, cluster);
    this.#scores = new Scores(profile, pod, cluster);
  }

  /** Makes it the evaluation of another pod, in the same memory. */
  assign(pod: PodInfo): void {
    this.#pod = pod;
    this.#sequence = -1;
    this.#cycle = new CycleState(this.#profile, pod, this.#cluster);
    this.#scores = new Scores(this.#profile, pod, this.#cluster);
  }

  get cycle(): CycleState {
    return this.#cycle;
  }

  get scores(): Scores {
    return this.#scores;
  }

  verdictOf(row: number): Verdict {
    return this.#verdicts[row] ?? NO_NODE;
  }

  refresh(): void {
    const { sequence, rows } = this.#cluster;
    const isCurrent = this.#cycle.isCurrent(this.#cluster);
    if (sequence === this.#sequence && isCurrent) return;
    this.version++;
    const changes = sequence - this.#sequence;
    const caughtUp = this.#sequence >= 0 && isCurrent && changes <= rows && this.#catchUp(rows);
    if (!caughtUp) this.#evaluateAll(rows);
    this.#sequence = sequence;
  }

  #evaluateAll(rows: number): void {
    if (!this.#cycle.isCurrent(this.#cluster)) {
      this.#cycle = new CycleState(this.#profile, this.#pod, this.#cluster);
      this.#scores = new Scores(this.#profile, this.#pod, this.#cluster);
    }
    if (this.#verdicts.length < rows) this.#verdicts = new Int32Array(roomFor(rows, this.#verdicts.length));
    this.#verdicts.fill(NO_NODE);
    this.ranking.reset(rows);
    this.#scores.reset(rows);
    this.rejections.clear();
    for (let row = 0; row < rows; row++) {
      const verdict = this.#cycle.judge(row, this.#cluster);
      this.#verdicts[row] = verdict;
      if (verdict === FITS) this.#scores.enter(row, this.#cluster);
      else if (verdict !== NO_NODE) this.#countRejection(verdict, 1);
    }
    this.#scores.takeMoved();
    this.#rankAll(rows);
  }

  /** Looks again at the nodes that changed; false when too much is unknown. */
  #catchUp(rows: number): boolean {
    this.#makeRoom(rows);
    for (let sequence = this.#sequence; sequence < this.#cluster.sequence; sequence++) {
      const row = this.#cluster.changedRow(sequence);
      if (row === undefined) return false;
      this.#lookAgain(row);
    }
    if (this.#scores.takeMoved()) this.#rankAll(rows);
    else this.#rankChanged();
    return true;
  }

  #lookAgain(row: number): void {
    const before = this.#verdicts[row] ?? NO_NODE;
    const after = this.#cycle.judge(row, this.#cluster);
    this.#verdicts[row] = after;
    if (before === FITS) this.#scores.leave(row);
    if (after === FITS) {
      this.#scores.enter(row, this.#cluster);
      if (before > FITS) this.#countRejection(before, -1);
      return;
    }
    if (before === FITS) this.ranking.remove(row);
    if (before === after) return;
    if (before > FITS) this.#countRejection(before, -1);
    if (after > FITS) this.#countRejection(after, 1);
  }

  /** Only after all changes are judged: a total depends on the bounds of all scores. */
  #rankChanged(): void {
    for (let sequence = this.#sequence; sequence < this.#cluster.sequence; sequence++) {
      const row = this.#cluster.changedRow(sequence) ?? 0;
      if (this.#verdicts[row] === FITS) this.ranking.set(row, this.#scores.total(row, this.#cluster));
    }
  }

  #rankAll(rows: number): void {
    for (let row = 0; row < rows; row++) {
      if (this.#verdicts[row] === FITS) this.ranking.set(row, this.#scores.total(row, this.#cluster));
    }
  }

  #makeRoom(rows: number): void {
    const before = this.#verdicts.length;
    if (rows > before)
      this.#verdicts = grownInts(this.#verdicts, roomFor(rows, before)).fill(NO_NODE, before);
    this.ranking.makeRoom(rows);
    this.#scores.makeRoom(rows);
  }

  #countRejection(verdict: Verdict, by: 1 | -1): void {
    const count = (this.rejections.get(verdict) ?? 0) + by;
    if (count === 0) this.rejections.delete(verdict);
    else this.rejections.set(verdict, count);
  }
}
