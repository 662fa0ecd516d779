/**
 * Objective `density`: as few nodes in use as possible, so that the others can be switched off. The emptiest node
 * whose pods all find room on nodes that are in use is emptied, then the next; half an emptied node is worth nothing.
 */

import type { PodInfo } from "../snapshot/pod-info.ts";
import { movableOwner, type Board } from "./board.ts";
import { moveOf, percent, type Move, type Step } from "./moves.ts";

export interface Density {
  readonly moves: readonly Move[];
  /** Nodes that are empty afterwards. */
  readonly freed: readonly string[];
}

export function densityMoves(board: Board, maxMoves: number): Density {
  const moves: Move[] = [];
  const freed: string[] = [];
  /** Nodes that pods are moved to are not emptied in turn: each pod is moved once. */
  const targets = new Set<number>();
  for (const row of inUse(board)) {
    if (targets.has(row)) continue;
    const load = board.load(row);
    const steps = emptied(board, row, maxMoves - moves.length);
    if (steps === undefined) continue;
    const name = board.cluster.nodeName(row);
    const gain = Number((1 / steps.length).toFixed(4));
    const count = steps.length === 1 ? "one pod" : `${steps.length} pods`;
    const why = `empties ${name} (${count}, ${percent(load)} in use)`;
    for (const step of steps) {
      targets.add(step.to);
      moves.push(moveOf(board, step, { gain, why }));
    }
    freed.push(name);
  }
  return { moves, freed };
}

/** The emptiest first. */
function inUse(board: Board): number[] {
  const rows: { row: number; load: number }[] = [];
  for (let row = 0; row < board.cluster.rows; row++) {
    if (board.podsOf(row).length > 0) rows.push({ row, load: board.load(row) });
  }
  return rows.sort((a, b) => a.load - b.load || a.row - b.row).map(({ row }) => row);
}

/** Moves all pods of the node, or none. */
function emptied(board: Board, from: number, maxMoves: number): Step[] | undefined {
  const pods = board.podsOf(from).sort(largestFirst);
  if (pods.length > maxMoves || pods.some((pod) => movableOwner(pod) === undefined)) return undefined;
  const steps: Step[] = [];
  for (const pod of pods) {
    const to = fullestFit(board, pod, from);
    if (to === undefined) {
      for (const step of steps) board.move(step.pod, from);
      return undefined;
    }
    board.move(pod, to);
    steps.push({ pod, from, to });
  }
  return steps;
}

function fullestFit(board: Board, pod: PodInfo, from: number): number | undefined {
  let best: number | undefined;
  let bestLoad = -1;
  board.eachFit(pod, from, (row) => {
    if (board.podsOf(row).length === 0) return;
    const load = board.load(row);
    if (load <= bestLoad) return;
    best = row;
    bestLoad = load;
  });
  return best;
}

function largestFirst(a: PodInfo, b: PodInfo): number {
  return (
    b.requests.milliCpu - a.requests.milliCpu ||
    b.requests.memoryBytes - a.requests.memoryBytes ||
    (a.key < b.key ? -1 : 1)
  );
}
