/**
 * Which build is next. Pure state: the controller tells it what waits and what ended.
 *
 * What must stay true: never more than the limit run; builds of one app run one after the other, in the order
 * of their creation; apps take turns, so that many pushes of one do not hold up the others.
 */

export interface QueuedBuild {
  readonly key: string;
  /** Builds of the same group run one after the other. */
  readonly group: string;
}

export class BuildQueue {
  readonly #limit: number;
  /** Waiting builds by group, oldest first; the group whose turn is next comes first. */
  readonly #waiting = new Map<string, QueuedBuild[]>();
  readonly #running = new Map<string, QueuedBuild>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    if (this.#running.has(key)) return true;
    return [...this.#waiting.values()].some((builds) => builds.some((build) => build.key === key));
  }

  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  add(build: QueuedBuild): void {
    if (this.has(build.key)) return;
    const builds = this.#waiting.get(build.group);
    if (builds === undefined) this.#waiting.set(build.group, [build]);
    else builds.push(build);
  }

  /** What can start now; it counts as running from here on. */
  next(): QueuedBuild | undefined {
    if (this.#running.size >= this.#limit) return undefined;
    const busy = new Set([...this.#running.values()].map(({ group }) => group));
    for (const [group, builds] of this.#waiting) {
      const build = busy.has(group) ? undefined : builds.shift();
      if (build === undefined) continue;
      // To the end of the row, or out of it.
      this.#waiting.delete(group);
      if (builds.length > 0) this.#waiting.set(group, builds);
      this.#running.set(build.key, build);
      return build;
    }
    return undefined;
  }

  /** The build ended, or shall not start. */
  remove(key: string): void {
    this.#running.delete(key);
    for (const [group, builds] of this.#waiting) {
      const rest = builds.filter((build) => build.key !== key);
      if (rest.length === 0) this.#waiting.delete(group);
      else if (rest.length < builds.length) this.#waiting.set(group, rest);
    }
  }

  /** Why the build does not run yet, in words for its log. */
  reasonToWait(key: string): string | undefined {
    if (this.#running.has(key)) return undefined;
    for (const [group, builds] of this.#waiting) {
      const place = builds.findIndex((build) => build.key === key);
      if (place < 0) continue;
      const before = [...this.#running.values()].find((build) => build.group === group) ?? builds[place - 1];
      if (before !== undefined && before.key !== key)
        return `build ${before.key.split("/").at(-1)} of the same app`;
      return `${this.#running.size} other ${this.#running.size === 1 ? "build" : "builds"}`;
    }
    return undefined;
  }
}
