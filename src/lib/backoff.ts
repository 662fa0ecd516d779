/** Exponential back-off: base, doubled at each failure, never above the cap. */

export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/** The delay before attempt `failures + 1`, where `failures` counts the ones so far (1 gives the base). */
export function backoffDelayMs(options: BackoffOptions, failures: number): number {
  if (failures <= 0) return 0;
  return Math.min(options.capMs, options.baseMs * 2 ** Math.min(failures - 1, 30));
}
