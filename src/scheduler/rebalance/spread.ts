/**
 * Objective `spread`: nodes equally full, and the pods of one owner on different nodes and zones. What is to become
 * small is the sum of the squared loads of the nodes, plus something for each two pods of one owner that share a node
 * or a zone. The best single move is taken, again and again, as long as one helps.
 */

import type { PodInfo } from "../snapshot/pod-info.ts";
import { movableOwner, type Board } from "./board.ts";
import { moveOf, percent, type Move, type Step } from "./moves.ts";

/** What two pods of one owner on one node count for, and in one zone; a full node alone counts 1. */
const NODE_PAIR = 0.1;
const ZONE_PAIR = 0.01;
/** Moves that help less are not worth a restart. */
const MIN_GAIN = 0.002;
/** Nodes that are looked at for each move: those that a move away from helps most. */
const MAX_SOURCES = 16;

interface Found extends Step {
  readonly gain: number;
}

export function spreadMoves(board: Board, maxMoves: number): Move[] {
  const owners = new OwnerCounts(board);
  const moves: Move[] = [];
  while (moves.length < maxMoves) {
    const found = bestMove(board, owners);
    if (found === undefined) break;
    moves.push(moveOf(board, found, { gain: round(found.gain), why: reasonOf(board, owners, found) }));
    owners.move(found);
    board.move(found.pod, found.to);
  }
  return moves;
}

function bestMove(board: Board, owners: OwnerCounts): Found | undefined {
  let best: Found | undefined;
  for (const from of sources(board, owners)) {
    const seen = new Set<string>();
    for (const pod of board.podsOf(from)) {
      const owner = movableOwner(pod);
      // Pods of one owner are alike: one of them stands for those on this node.
      if (owner === undefined || seen.has(owner)) continue;
      seen.add(owner);
      board.eachFit(pod, from, (to) => {
        const gain = gainOf(board, owners, { pod, from, to });
        if (gain > Math.max(MIN_GAIN, best?.gain ?? 0)) best = { pod, from, to, gain };
      });
    }
  }
  return best;
}

function sources(board: Board, owners: OwnerCounts): number[] {
  const costs: { row: number; cost: number }[] = [];
  for (let row = 0; row < board.cluster.rows; row++) {
    if (board.cluster.present[row] !== 1) continue;
    costs.push({ row, cost: board.load(row) ** 2 + NODE_PAIR * owners.pairsOn(row) });
  }
  return costs
    .sort((a, b) => b.cost - a.cost)
    .slice(0, MAX_SOURCES)
    .map(({ row }) => row);
}

/** The pod is not on its node while this is asked. */
function gainOf(board: Board, owners: OwnerCounts, { pod, from, to }: Step): number {
  const loads =
    board.load(from, pod, 1) ** 2 - board.load(from) ** 2 + board.load(to) ** 2 - board.load(to, pod, 1) ** 2;
  const owner = movableOwner(pod) ?? "";
  const nodePairs = owners.on(owner, from) - 1 - owners.on(owner, to);
  const [zoneFrom, zoneTo] = [board.zone(from), board.zone(to)];
  const zonePairs = zoneFrom === zoneTo ? 0 : owners.in(owner, zoneFrom) - 1 - owners.in(owner, zoneTo);
  return loads + NODE_PAIR * nodePairs + ZONE_PAIR * zonePairs;
}

function reasonOf(board: Board, owners: OwnerCounts, { pod, from, to }: Step): string {
  const { cluster } = board;
  const change = (row: number, sign: 1 | -1): string =>
    `${cluster.nodeName(row)} ${percent(board.load(row))} -> ${percent(board.load(row, pod, sign))}`;
  const owner = movableOwner(pod) ?? "";
  const count = owners.on(owner, from);
  const together =
    count > 1 && owners.on(owner, to) < count - 1
      ? `; ${count} -> ${count - 1} pods of its owner on ${cluster.nodeName(from)}`
      : "";
  const zone = board.zone(to);
  const apart =
    zone !== board.zone(from) && owners.in(owner, zone) < owners.in(owner, board.zone(from)) - 1
      ? `; ${owners.in(owner, zone)} -> ${owners.in(owner, zone) + 1} in zone ${zone}`
      : "";
  return `${change(from, -1)}, ${change(to, 1)}${together}${apart}`;
}

/** How many pods of each owner are on each node and in each zone. */
class OwnerCounts {
  readonly #counts = new Map<string, number>();
  readonly #board: Board;

  constructor(board: Board) {
    this.#board = board;
    for (let row = 0; row < board.cluster.rows; row++) {
      for (const pod of board.podsOf(row)) this.#count(pod, row, 1);
    }
  }

  on(owner: string, row: number): number {
    return this.#counts.get(`${owner}@${row}`) ?? 0;
  }

  in(owner: string, zone: string | undefined): number {
    return this.#counts.get(`${owner}/${zone ?? ""}`) ?? 0;
  }

  pairsOn(row: number): number {
    const owners = new Set(this.#board.podsOf(row).map((pod) => movableOwner(pod) ?? ""));
    owners.delete("");
    let pairs = 0;
    for (const owner of owners) pairs += (this.on(owner, row) * (this.on(owner, row) - 1)) / 2;
    return pairs;
  }

  move({ pod, from, to }: Step): void {
    this.#count(pod, from, -1);
    this.#count(pod, to, 1);
  }

  #count(pod: PodInfo, row: number, by: 1 | -1): void {
    const owner = movableOwner(pod);
    if (owner === undefined) return;
    for (const key of [`${owner}@${row}`, `${owner}/${this.#board.zone(row) ?? ""}`]) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
    }
  }
}

function round(gain: number): number {
  return Number(gain.toFixed(4));
}
