/** Several changes for one node on which several rules say no: the cheapest that helps against one, then the next. */

import type { PodInfo } from "../../snapshot/pod-info.ts";
import { clearNode, deletions } from "./clear-node.ts";
import type { Change } from "./change.ts";
import { loweringFor } from "./lower-requests.ts";
import { nodeChanges, untoleratedTaints } from "./node-changes.ts";
import { relaxations, tolerate } from "./pod-changes.ts";
import { missingDomains } from "./topology-changes.ts";
import { changedPod, type Refusal, type Trial } from "./trial.ts";

const MAX_CHANGES = 4;

/** Undefined when some rule is not helped by anything known. */
export function* combine(
  trial: Trial,
  pod: PodInfo,
  row: number,
): Generator<void, readonly Change[] | undefined> {
  const chosen: Change[] = [];
  const undos: (() => void)[] = [];
  try {
    while (chosen.length < MAX_CHANGES && !trial.isOver) {
      const current = changedPod(pod, chosen);
      const refusals = trial.refusals(current, row);
      if (refusals.length === 0) return chosen;
      const helping = yield* firstThatHelps(trial, { pod: current, row, refusals });
      if (helping === undefined) {
        const victims = yield* clearNode(trial, current, row);
        return victims === undefined ? undefined : [...chosen, ...deletions(pod, victims)];
      }
      chosen.push(helping);
      undos.push(trial.apply([helping]));
    }
    return undefined;
  } finally {
    for (const undo of undos.toReversed()) undo();
  }
}

interface Situation {
  readonly pod: PodInfo;
  readonly row: number;
  readonly refusals: readonly Refusal[];
}

function* firstThatHelps(
  trial: Trial,
  { pod, row, refusals }: Situation,
): Generator<void, Change | undefined> {
  const node = trial.cluster.node(row);
  if (node === undefined) return undefined;
  const lowering = loweringFor(pod, row, trial.cluster);
  const candidates = [
    ...nodeChanges(pod, node),
    ...missingDomains(pod, node, trial.cluster),
    ...untoleratedTaints(pod, node).map((taint) => tolerate(pod, taint)),
    ...relaxations(pod),
    ...(lowering === undefined ? [] : [lowering]),
  ].sort((a, b) => a.cost - b.cost);
  const before = reasonsIn(refusals);
  for (const change of candidates) {
    yield;
    const undo = trial.apply([change]);
    const after = reasonsIn(trial.refusals(changedPod(pod, [change]), row));
    undo();
    if (after < before) return change;
  }
  return undefined;
}

function reasonsIn(refusals: readonly Refusal[]): number {
  return refusals.reduce((sum, { reasons }) => sum + Math.max(1, reasons.length), 0);
}
