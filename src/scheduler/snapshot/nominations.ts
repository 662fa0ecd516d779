/**
 * Pods for which room is being made on a node, by the row of the node. They are not on it yet, but pods of lower or
 * equal priority must leave the room alone.
 */

import type { PodInfo } from "./pod-info.ts";

export interface Nomination {
  readonly info: PodInfo;
  readonly row: number;
}

export class Nominations {
  readonly #byUid = new Map<string, Nomination>();
  readonly #byRow = new Map<number, PodInfo[]>();

  get size(): number {
    return this.#byUid.size;
  }

  of(uid: string): Nomination | undefined {
    return this.#byUid.get(uid);
  }

  at(row: number): readonly PodInfo[] | undefined {
    return this.#byRow.get(row);
  }

  add(info: PodInfo, row: number): void {
    this.remove(info.uid);
    this.#byUid.set(info.uid, { info, row });
    const others = this.#byRow.get(row);
    if (others === undefined) this.#byRow.set(row, [info]);
    else others.push(info);
  }

  /** What it was. */
  remove(uid: string): Nomination | undefined {
    const nomination = this.#byUid.get(uid);
    if (nomination === undefined) return undefined;
    const { row } = nomination;
    this.#byUid.delete(uid);
    const others = this.#byRow.get(row)?.filter((info) => info.uid !== uid) ?? [];
    if (others.length === 0) this.#byRow.delete(row);
    else this.#byRow.set(row, others);
    return nomination;
  }

  clearRow(row: number): void {
    for (const { uid } of this.#byRow.get(row) ?? []) this.#byUid.delete(uid);
    this.#byRow.delete(row);
  }
}
