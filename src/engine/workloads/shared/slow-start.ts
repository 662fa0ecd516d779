/**
 * Many like calls at once, carefully: a batch, and when all of it worked, one twice as large. When the server
 * refuses (a quota, a broken template), few calls were wasted and the first refusal is returned.
 */

/** Large enough that a usual `scale` is one batch, which the store commits at once. */
const firstBatch = 16;

export interface SlowStartResult {
  readonly done: number;
  readonly error: unknown;
}

export async function slowStart(
  count: number,
  call: (index: number) => Promise<unknown>,
): Promise<SlowStartResult> {
  let started = 0;
  let done = 0;
  for (let batch = Math.min(count, firstBatch); batch > 0; batch = Math.min(2 * batch, count - started)) {
    const indexes = Array.from({ length: batch }, (_, offset) => started + offset);
    const results = await Promise.allSettled(indexes.map((index) => call(index)));
    started += batch;
    done += results.filter((result) => result.status === "fulfilled").length;
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) return { done, error: failed.reason };
  }
  return { done, error: undefined };
}
