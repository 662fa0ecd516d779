/** Whether pods come faster than can be told of each at length. */

import type { Clock } from "../../lib/clock.ts";

export class Rush {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #second = 0;
  #count = 0;
  #countBefore = 0;

  /** More than so many in one second are a rush, until a second passes with fewer. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  note(): void {
    this.#roll();
    this.#count += 1;
  }

  get isOn(): boolean {
    this.#roll();
    return Math.max(this.#count, this.#countBefore) > this.#perSecond;
  }

  #roll(): void {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second === this.#second) return;
    this.#countBefore = second === this.#second + 1 ? this.#count : 0;
    this.#second = second;
    this.#count = 0;
  }
}
