/**
 * Moves of pods that would make a cluster more even or more dense, each tried on a copy with the rules that also
 * decide about new pods. Pure: nothing is moved. Only pods that somebody makes again are moved, and none whose data
 * would be lost.
 */

import type { Profile } from "../framework/profile.ts";
import { balanceOf, usageOf, type Balance } from "../simulate/usage.ts";
import { clusterOf, type World } from "../simulate/world.ts";
import { Board } from "./board.ts";
import { densityMoves } from "./density.ts";
import type { Move } from "./moves.ts";
import { spreadMoves } from "./spread.ts";

export const objectives = ["spread", "density"] as const;
export type Objective = (typeof objectives)[number];

export interface RebalanceOptions {
  readonly objective: Objective;
  readonly profile: Profile;
  readonly maxMoves: number;
}

export interface Proposal {
  readonly objective: Objective;
  /** In the order in which they are to be made. */
  readonly moves: readonly Move[];
  /** Nodes that are empty after them. */
  readonly freed: readonly string[];
  readonly before: Balance;
  readonly after: Balance;
}

export function rebalance(world: World, { objective, profile, maxMoves }: RebalanceOptions): Proposal {
  const cluster = clusterOf(world);
  const before = balanceOf(usageOf(cluster));
  const board = new Board(cluster, profile);
  const { moves, freed } =
    objective === "density"
      ? densityMoves(board, maxMoves)
      : { moves: spreadMoves(board, maxMoves), freed: [] };
  return { objective, moves, freed, before, after: balanceOf(usageOf(cluster)) };
}
