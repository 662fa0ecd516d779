/** Moves idle watchers' revision on, so that one that reconnects need not list again. */

import type { Clock } from "../../../lib/clock.ts";
import { sleep } from "../../../lib/clock.ts";

export class Bookmarks {
  readonly #watchers = new Set<() => void>();

  /** Returns how to stop. */
  add(send: () => void): () => void {
    this.#watchers.add(send);
    return () => void this.#watchers.delete(send);
  }

  async run(clock: Clock, everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(clock, everyMs, signal);
      for (const send of this.#watchers) send();
    }
  }
}
