/** Runs random histories, and makes the one that fails as short as it gets. */

import { Dice } from "../random/dice.ts";
import { randomHistory, type Step } from "../random/history.ts";
import type { Topic } from "../random/topics.ts";
import { Both } from "./both.ts";
import { Coverage } from "./coverage.ts";
import { randomPolicy } from "./policies.ts";
import { randomSetup } from "./setups.ts";

const STEPS = 24;
/** Runs spent on making a failing history shorter. */
const MAX_SHORTENING_RUNS = 400;

export interface TrialOptions {
  readonly topics: readonly Topic[];
  readonly seed: number;
  readonly coverage: Coverage;
}

export function tryHistory({ topics, seed, coverage }: TrialOptions): void {
  const chosen = new Set(topics);
  const steps = randomHistory(seed, chosen, STEPS);
  const failure = run(steps, { topics, seed, coverage });
  if (failure === undefined) return;
  const shortest = shorten(
    steps,
    (fewer) => run(fewer, { topics, seed, coverage: new Coverage() }) !== undefined,
  );
  const last = run(shortest, { topics, seed, coverage: new Coverage() }) ?? failure;
  const told = shortest.map((step) => JSON.stringify(step)).join("\n");
  throw new Error(`topics ${topics.join()}, seed ${seed}: ${last.message}\nafter\n${told}`, { cause: last });
}

function run(steps: readonly Step[], { topics, seed, coverage }: TrialOptions): Error | undefined {
  const dice = new Dice(seed + 1);
  const setup = topics.includes("policy") ? randomPolicy(dice) : randomSetup(dice);
  const both = new Both({ setup, coverage, preempts: topics.includes("preemption") });
  try {
    for (const step of steps) both.apply(step);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Leaves out whatever is not needed for the failure. */
function shorten(steps: readonly Step[], fails: (steps: readonly Step[]) => boolean): readonly Step[] {
  let kept = steps;
  let runs = 0;
  for (let index = kept.length - 1; index >= 0 && runs < MAX_SHORTENING_RUNS; index--, runs++) {
    const fewer = kept.filter((_, place) => place !== index);
    if (fails(fewer)) kept = fewer;
  }
  return kept;
}
