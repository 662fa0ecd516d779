/** One at a time for each key, in the order of asking. */

import { untilAborted } from "../../lib/until-aborted.ts";

export class Turns {
  readonly #tails = new Map<string, Promise<void>>();

  isTaken(key: string): boolean {
    return this.#tails.has(key);
  }

  /** Resolves with the way to give the turn back; rejects when the signal aborts before the turn has come. */
  async take(key: string, signal: AbortSignal): Promise<() => void> {
    const before = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const tail = (before ?? Promise.resolve()).then(() => promise);
    this.#tails.set(key, tail);
    const giveBack = (): void => {
      resolve();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    try {
      if (before !== undefined) await untilAborted(before, signal);
      signal.throwIfAborted();
    } catch (error) {
      giveBack();
      throw error;
    }
    return giveBack;
  }
}
