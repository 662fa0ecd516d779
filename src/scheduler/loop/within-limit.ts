import type { Clock } from "../../lib/clock.ts";

export interface Limit {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** What the work comes to; rejects when that takes too long or the signal aborts, whatever becomes of the work. */
export async function withinLimit<T>(work: Promise<T>, { clock, limitMs, signal }: Limit): Promise<T> {
  const end = Promise.withResolvers<never>();
  const abort = (): void => end.reject(new Error("the pod is gone, or the scheduler stops"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const timer = clock.after(limitMs, () => end.reject(new Error(`it took longer than ${limitMs / 1000} s`)));
  try {
    return await Promise.race([work, end.promise]);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", abort);
  }
}
