/** Which nodes count for something. */

import { grownBytes, roomFor } from "../columns.ts";

export class NodeMask {
  readonly #counts: (row: number) => boolean;
  #rows: Uint8Array;

  /** `counts` is asked again for a row whose node has changed. */
  constructor(rows: number, counts: (row: number) => boolean) {
    this.#counts = counts;
    this.#rows = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) this.look(row);
  }

  has(row: number): boolean {
    return this.#rows[row] === 1;
  }

  look(row: number): void {
    if (row >= this.#rows.length) this.#rows = grownBytes(this.#rows, roomFor(row + 1, this.#rows.length));
    this.#rows[row] = this.#counts(row) ? 1 : 0;
  }
}
