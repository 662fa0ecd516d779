/** Durations as users write them. */

import { UsageError } from "./command.ts";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const part = /(\d+)(ms|s|m|h|d)/g;

/** `30s`, `5m`, `1h30m`, or a plain number of seconds, in milliseconds; `what` is how the message names it. */
export function parseDuration(text: string, what: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text))
    throw new UsageError(
      `${what} is ${JSON.stringify(text)}: must be a number with s, m, h or d, such as 30s, 5m or 1h30m`,
    );
  let sum = 0;
  for (const [, count, unit = ""] of text.matchAll(part)) sum += Number(count) * (unitMs[unit] ?? 0);
  return sum;
}
