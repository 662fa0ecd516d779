/** The nodes that are closest to taking a pod: few rules say no, little is short, and whoever is in the way is unimportant. */

import { FITS, NO_NODE } from "../../framework/verdict.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { refusalsOf, type Trial } from "./trial.ts";

const MAX_ROWS = 16;
/** Of the nodes that are refused by the same rules. */
const MAX_ALIKE = 4;
/** Of those, the numbers are looked at of so many. */
const MAX_COMPARED = 128;

interface Close {
  readonly row: number;
  /** How many rules say no. */
  readonly refusals: number;
  readonly distance: number;
}

export function closestRows(trial: Trial, pod: PodInfo): readonly number[] {
  const { cluster } = trial;
  const decision = trial.decide(pod);
  const { evaluation } = decision;
  const { filters } = evaluation.cycle;
  const alike = new Map<string, number[]>();
  for (let row = 0; row < cluster.rows; row++) {
    const verdict = evaluation.verdictOf(row);
    if (verdict === NO_NODE || verdict === FITS) continue;
    let key = "";
    for (const { plugin, place, state } of filters) {
      if ((plugin.filter?.(state, row, cluster) ?? 0) !== 0) key += `${place},`;
    }
    const rows = alike.get(key);
    if (rows === undefined) alike.set(key, [row]);
    else if (rows.length < MAX_COMPARED) rows.push(row);
  }
  const close = [...alike].flatMap(([key, rows]): Close[] => {
    const refusals = key.split(",").length - 1;
    return rows
      .map((row) => ({ row, refusals, distance: distanceOf(trial, decision, row) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, MAX_ALIKE);
  });
  close.sort((a, b) => a.refusals - b.refusals || a.distance - b.distance);
  return close.slice(0, MAX_ROWS).map(({ row }) => row);
}

/** How much of what the pod asks for is missing, in shares of it; others' priority counts on top. */
function distanceOf(trial: Trial, decision: ReturnType<Trial["decide"]>, row: number): number {
  const { cluster } = trial;
  let distance = 0;
  for (const { reasons } of refusalsOf(decision, row, cluster)) {
    for (const { resolvable, holders = [] } of reasons) {
      if (!resolvable) distance += 1;
      const priorities = holders.map(({ pod }) => trial.podOf(pod)?.info.priority ?? 0);
      if (priorities.length > 0) distance += Math.max(0, Math.min(...priorities));
    }
  }
  const { requests } = decision.pod;
  distance += missing(requests.milliCpu, freeOf(cluster.resources.cpu, row));
  return distance + missing(requests.memoryBytes, freeOf(cluster.resources.memory, row));
}

function missing(asked: number, free: number): number {
  return asked <= 0 ? 0 : Math.max(0, Math.min(1, (asked - free) / asked));
}

function freeOf(
  { allocatable, requested }: { allocatable: Float64Array; requested: Float64Array },
  row: number,
): number {
  return (allocatable[row] ?? 0) - (requested[row] ?? 0);
}
