/** Does several things, of which none may keep the others from being done. */

import { messageOf } from "./errors.ts";

/** One after the other, whichever fail; then throws what failed. */
export async function oneByOne(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const problems: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      problems.push(error);
    }
  }
  if (problems.length === 1) throw problems[0];
  if (problems.length > 1) throw new AggregateError(problems, problems.map(messageOf).join("; "));
}
