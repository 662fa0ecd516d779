/** How often something may happen: a bucket of tokens for each key, refilled evenly. */

import type { Clock } from "./clock.ts";

const keysMax = 10_000;

export interface RateLimitOptions {
  /** At once. */
  readonly burst: number;
  /** In the long run. */
  readonly perSecond: number;
  readonly clock: Clock;
}

export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Whether it may happen now; if so it counts. */
  take(key: string): boolean {
    const { burst, perSecond, clock } = this.#options;
    const atMs = clock.now();
    const before = this.#buckets.get(key) ?? { tokens: burst, atMs };
    const tokens = Math.min(burst, before.tokens + ((atMs - before.atMs) / 1000) * perSecond);
    const isAllowed = tokens >= 1;
    // The one that was not asked for longest is forgotten first.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, atMs });
    if (this.#buckets.size > keysMax) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return isAllowed;
  }
}
