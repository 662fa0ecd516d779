/** Answers that are given again for a moment, to everybody who asks the same. A refusal is asked for anew each time. */

export interface RecentAnswersOptions {
  readonly freshMs: number;
  /** Answers kept; the oldest go first. */
  readonly max: number;
  /** Milliseconds of any clock. */
  readonly now: () => number;
}

interface Kept<T> {
  readonly answer: Promise<T>;
  readonly atMs: number;
}

export class RecentAnswers<T> {
  readonly #options: RecentAnswersOptions;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(options: RecentAnswersOptions) {
    this.#options = options;
  }

  /** Asks unless somebody did so a moment ago or is doing so. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const { freshMs, max, now } = this.#options;
    const known = this.#kept.get(key);
    if (known !== undefined && now() - known.atMs < freshMs) return known.answer;
    this.#kept.delete(key);
    const kept = { answer: ask(), atMs: now() };
    this.#kept.set(key, kept);
    kept.answer.catch(() => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= max) break;
      this.#kept.delete(oldest);
    }
    return kept.answer;
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }
}
