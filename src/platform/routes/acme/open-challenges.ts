/** What ACME authorities are to be answered at the moment. */

import type { Challenges } from "./obtain-certificate.ts";

interface Current {
  /** By host and path. */
  readonly answers: ReadonlyMap<string, string>;
  /** To be called when they are answered. */
  readonly applied: () => void;
}

export class OpenChallenges implements Challenges {
  readonly #onChange: () => void;
  readonly #answers = new Map<string, string>();
  #waiting: (() => void)[] = [];

  constructor(onChange: () => void) {
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

  add(host: string, path: string, answer: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#answers.set(`${host}${path}`, answer);
    this.#waiting = [...this.#waiting, resolve];
    this.#onChange();
    return promise;
  }

  remove(host: string, path: string): void {
    this.#answers.delete(`${host}${path}`);
    this.#onChange();
  }
}
