/** What a rebalance proposes. */

import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Board } from "./board.ts";

export interface Move {
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly from: string;
  readonly to: string;
  /** How much better it makes things, in the measure of its objective; more is better. */
  readonly gain: number;
  readonly why: string;
}

export function moveOf(board: Board, { pod, from, to }: Step, said: Pick<Move, "gain" | "why">): Move {
  const { namespace, name, uid } = pod;
  const nodes = { from: board.cluster.nodeName(from), to: board.cluster.nodeName(to) };
  return { pod: { namespace, name, uid }, ...nodes, ...said };
}

/** From row to row. */
export interface Step {
  readonly pod: PodInfo;
  readonly from: number;
  readonly to: number;
}

export function percent(value: number): string {
  return `${Math.round(value * 100)}%`;
}
