/** Waits no longer than a signal allows. */

/** Ends as the work does, or without an error when the signal aborts first; then the work is left to itself. */
export async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = (): void => resolve();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
