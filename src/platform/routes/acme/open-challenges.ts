/** What ACME authorities are to be answered at the moment. */

import type { Clock } from "../../../lib/clock.ts";
import type { Challenges } from "./obtain-certificate.ts";

interface Current {
  /** By host and path. */
  readonly answers: ReadonlyMap<string, string>;
  /** To be called when they are answered. */
  readonly applied: () => void;
}

/** A router that has not taken an answer by then is in trouble: the order is tried later. */
const appliedWithinMs = 60_000;

export class OpenChallenges implements Challenges {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #answers = new Map<string, string>();
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  current(): Current {
    const waiting = this.#waiting;
    const applied = (): void => {
      for (const resolve of waiting) resolve();
      this.#waiting = this.#waiting.filter((each) => !waiting.includes(each));
    };
    return { answers: new Map(this.#answers), applied };
  }

  async add(host: string, path: string, answer: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = `the router has not taken the answer for ${host} within ${appliedWithinMs / 1000} seconds`;
    const timer = this.#clock.after(appliedWithinMs, () => reject(new Error(late)));
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop);
    this.#answers.set(`${host}${path}`, answer);
    this.#waiting = [...this.#waiting, resolve];
    this.#onChange();
    try {
      await promise;
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", stop);
      this.#waiting = this.#waiting.filter((each) => each !== resolve);
    }
  }

  remove(host: string, path: string): void {
    this.#answers.delete(`${host}${path}`);
    this.#onChange();
  }
}
