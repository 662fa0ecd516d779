/**
 * What would help a waiting pod: the smallest changes that would place it. Nothing is guessed: every suggestion was
 * tried on a copy of the cluster with the plugins that decide, alone or together with others, and placed the pod.
 *
 * The work is bounded by named limits, and cut into steps (a generator) so that it can be done while there is
 * nothing else to do. What is not found within the limits is not suggested; what is suggested works.
 */

import type { Suggestion } from "../../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import type { Profile } from "../../framework/profile.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import { readPod, type PodInfo } from "../../snapshot/pod-info.ts";
import { costs, type Change } from "./change.ts";
import { clearNode, deletions, scaleDown } from "./clear-node.ts";
import { closestRows } from "./closest-rows.ts";
import { combine } from "./combine.ts";
import { newNodes } from "./grow.ts";
import { lowerings } from "./lower-requests.ts";
import { nodeChanges, untoleratedTaints } from "./node-changes.ts";
import { ownerOf } from "./owner.ts";
import { relaxations, tolerate } from "./pod-changes.ts";
import { missingDomains } from "./topology-changes.ts";
import { raisePriority } from "./raise-priority.ts";
import { copyOf } from "./copy.ts";
import { changedPod, Trial } from "./trial.ts";

const MAX_SUGGESTIONS = 8;
/** Of one family of changes, such as deleting pods or uncordoning nodes. */
const MAX_ALIKE = 2;
/** Of how many nodes combinations of changes are looked for. */
const MAX_COMBINED_ROWS = 4;
const MAX_TAINTS = 6;
const MAX_NOTED = 3;

export interface SuggestOptions {
  /** Stays as it is: a copy is changed. */
  readonly cluster: Cluster;
  readonly profile: Profile;
}

/** Changes that together place the pod. */
export interface Remedy {
  readonly changes: readonly Change[];
  readonly nodeName: string;
}

export function suggest(pod: PodInfo, options: SuggestOptions): readonly Suggestion[] {
  const steps = suggestSteps(pod, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Each step looks at all nodes once or less. */
export function* suggestSteps(pod: PodInfo, options: SuggestOptions): Generator<void, readonly Suggestion[]> {
  const trial = new Trial(copyOf(options.cluster), options.profile);
  const remedies = yield* findRemedies(pod, trial);
  return remedies.map((remedy) => suggestionOf(remedy, pod, trial));
}

/** The same as data that can be applied. */
export function* findRemedies(pod: PodInfo, trial: Trial): Generator<void, readonly Remedy[]> {
  if (trial.landing(pod, []) !== undefined) return [];
  const search = new Search(pod, trial);
  yield* search.run();
  return search.best();
}

class Search {
  readonly #pod: PodInfo;
  readonly #trial: Trial;
  readonly #found: Remedy[] = [];

  constructor(pod: PodInfo, trial: Trial) {
    this.#pod = pod;
    this.#trial = trial;
  }

  *run(): Generator<void, void> {
    const trial = this.#trial;
    const pod = this.#pod;
    const rows = closestRows(trial, pod);
    yield* this.#tryEach(yield* this.#podChanges(rows));
    for (const row of rows) {
      const node = trial.cluster.node(row);
      if (node === undefined) continue;
      yield* this.#tryEach([...nodeChanges(pod, node), ...missingDomains(pod, node, trial.cluster)]);
    }
    for (const row of rows) yield* this.#tryClearing(row);
    if (this.#found.length === 0) {
      for (const row of rows.slice(0, MAX_COMBINED_ROWS)) {
        const changes = yield* combine(trial, pod, row);
        if (changes !== undefined) this.#try(changes);
      }
    }
    yield* this.#tryEach(newNodes(trial.cluster, pod));
  }

  /** Those found, the smallest first, few of each kind. */
  best(): readonly Remedy[] {
    const counts = new Map<string, number>();
    const seen = new Set<string>();
    return this.#found
      .toSorted((a, b) => costOf(a.changes) - costOf(b.changes))
      .filter(({ changes }) => {
        const family = changes.map((change) => change.family ?? change.type).join();
        const count = counts.get(family) ?? 0;
        const what = changes.map(({ summary }) => summary).join();
        if (count >= MAX_ALIKE || seen.has(what)) return false;
        seen.add(what);
        counts.set(family, count + 1);
        return true;
      })
      .slice(0, MAX_SUGGESTIONS);
  }

  *#podChanges(rows: readonly number[]): Generator<void, Change[]> {
    const pod = this.#pod;
    const taints = new Map<string, Change>();
    for (const row of rows) {
      const node = this.#trial.cluster.node(row);
      for (const taint of node === undefined ? [] : untoleratedTaints(pod, node)) {
        if (taints.size < MAX_TAINTS) taints.set(JSON.stringify(taint), tolerate(pod, taint));
      }
    }
    return [...taints.values(), ...relaxations(pod), ...(yield* lowerings(this.#trial, pod))];
  }

  /** Of one family only the first that helps, where the family is named. */
  *#tryEach(changes: readonly Change[]): Generator<void, void> {
    const done = new Set<string>();
    for (const change of changes) {
      const { family } = change;
      if (family !== undefined && done.has(family)) continue;
      yield;
      if (this.#try([change]) && family !== undefined) done.add(family);
    }
  }

  *#tryClearing(row: number): Generator<void, void> {
    const trial = this.#trial;
    const victims = yield* clearNode(trial, this.#pod, row);
    if (victims === undefined) return;
    this.#try(deletions(this.#pod, victims));
    const more = [
      scaleDown(trial, this.#pod, victims),
      raisePriority(this.#pod, victims, { cluster: trial.cluster, profile: trial.profile }),
    ];
    yield* this.#tryEach(more.filter((change) => change !== undefined));
  }

  #try(changes: readonly Change[]): boolean {
    if (this.#trial.isOver) return false;
    const nodeName = this.#trial.landing(this.#pod, changes);
    if (nodeName === undefined) return false;
    this.#found.push({ changes, nodeName });
    return true;
  }
}

function costOf(changes: readonly Change[]): number {
  return changes.reduce((sum, { cost }, index) => sum + cost + (index === 0 ? 0 : costs.another), 0);
}

function suggestionOf(remedy: Remedy, pod: PodInfo, trial: Trial): Suggestion {
  const { changes, nodeName } = remedy;
  const summary = changes.map((change) => change.summary).join(", and ");
  const note = noteOf(remedy, pod, trial);
  return {
    summary,
    node: nodeName,
    changes: changes.map(({ type, target, summary: what, command }) => ({
      type,
      target,
      summary: what,
      ...(command === undefined ? {} : { command }),
    })),
    ...(note === undefined ? {} : { note }),
  };
}

/** What becomes of the pods that would go: those with an owner are made anew. */
function noteOf({ changes, nodeName }: Remedy, pod: PodInfo, trial: Trial): string | undefined {
  if (!changes.some(({ type }) => type === "DeletePod" || type === "RaisePriority")) return undefined;
  const removed = changes.flatMap((change) => change.removed ?? []);
  const placed = changedPod(pod, changes);
  const undo = trial.apply(changes);
  trial.cluster.addPod(placed, nodeName);
  const moved: string[] = [];
  try {
    const texts = removed.slice(0, MAX_NOTED).map(({ info }) => {
      const owner = ownerOf(info.object);
      if (owner === undefined) return `${info.key} has no owner that would make it anew`;
      const { nodeName: _node, ...spec } = info.object.spec;
      const anew = readPod({ ...info.object, spec });
      const place = trial.decide(anew).chosen?.nodeName;
      if (place !== undefined) {
        trial.cluster.addPod(anew, place);
        moved.push(anew.uid);
      }
      const then = place === undefined ? "no node takes it then" : `it would go to ${place}`;
      return `${owner.kind} ${owner.name} makes ${info.name} anew: ${then}`;
    });
    return texts.join("; ");
  } finally {
    for (const uid of moved) trial.cluster.removePod(uid);
    trial.cluster.removePod(placed.uid);
    undo();
  }
}
