/** How long requests took, as counts between bounds: what is counted over several times and apps can be added. */

/** Upper bounds in milliseconds; a last count is of what took longer than all of them. */
export const latencyBoundsMs: readonly number[] = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000,
  10_000, 15_000, 30_000, 60_000,
];

export function emptyLatencies(): number[] {
  return Array.from({ length: latencyBoundsMs.length + 1 }, () => 0);
}

/** Counts a request of so many milliseconds `weight` times. */
export function addLatency(counts: number[], tookMs: number, weight = 1): void {
  const found = latencyBoundsMs.findIndex((bound) => tookMs <= bound);
  const index = found < 0 ? latencyBoundsMs.length : found;
  counts[index] = (counts[index] ?? 0) + weight;
}

/**
 * What `percent` of the requests did not exceed, in milliseconds, with an even spread between two bounds; undefined of
 * none. Of what took longer than all bounds, the largest bound.
 */
export function latencyPercentile(counts: readonly number[], percent: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const wanted = (total * percent) / 100;
  let before = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && before + count >= wanted) {
      const low = latencyBoundsMs[index - 1] ?? 0;
      const high = latencyBoundsMs[index] ?? low;
      return Math.max(1, Math.round(low + ((high - low) * (wanted - before)) / count));
    }
    before += count;
  }
  return latencyBoundsMs.at(-1);
}
