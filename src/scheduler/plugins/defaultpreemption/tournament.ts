/** A knock-out among rows: who is best of all, kept while single rows change, for the cost of one row's rounds. */

const NOBODY = -1;

export class Tournament {
  readonly #isBetter: (a: number, b: number) => boolean;
  #size = 1;
  /** The winner of the places below: place 1 is the final, rows start at `#size`. */
  #winners = new Int32Array([NOBODY, NOBODY]);

  constructor(isBetter: (a: number, b: number) => boolean) {
    this.#isBetter = isBetter;
  }

  /** -1 when nobody takes part. */
  get winner(): number {
    return this.#winners[1] ?? NOBODY;
  }

  /** Starts anew with the rows below `rows` that take part. */
  rebuild(rows: number, takesPart: (row: number) => boolean): void {
    while (this.#size < rows) this.#size *= 2;
    if (this.#winners.length < this.#size * 2) this.#winners = new Int32Array(this.#size * 2);
    this.#winners.fill(NOBODY);
    for (let row = 0; row < rows; row++) if (takesPart(row)) this.#winners[this.#size + row] = row;
    for (let place = this.#size - 1; place > 0; place--) this.#play(place);
  }

  /** The row changed; it must be below the `rows` of the last `rebuild`. */
  update(row: number, takesPart: boolean): void {
    let place = this.#size + row;
    this.#winners[place] = takesPart ? row : NOBODY;
    for (place >>= 1; place > 0; place >>= 1) this.#play(place);
  }

  #play(place: number): void {
    const left = this.#winners[place * 2] ?? NOBODY;
    const right = this.#winners[place * 2 + 1] ?? NOBODY;
    this.#winners[place] =
      left === NOBODY || (right !== NOBODY && this.#isBetter(right, left)) ? right : left;
  }
}
