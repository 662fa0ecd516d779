/** Runs random histories about the topics, and says how often each rule was hit. */

import { test } from "vitest";
import { Coverage } from "../../../src/scheduler/testing/differential/coverage.ts";
import { tryHistory } from "../../../src/scheduler/testing/differential/trial.ts";
import type { Topic } from "../../../src/scheduler/testing/random/topics.ts";

/** Each history is a dozen decisions. More with NAGI_TEST_RUNS=100000, another beginning with NAGI_TEST_SEED=7. */
const HISTORIES = Number(process.env["NAGI_TEST_RUNS"] ?? 500);
/** Set, it is the seed of the first history, and with NAGI_TEST_RUNS=1 of the only one. */
const FIRST_SEED = Number(process.env["NAGI_TEST_SEED"] ?? 1);

export interface Expected {
  /** These rules said yes, and no, in at least so many percent of the decisions. */
  readonly refusing?: readonly string[] | undefined;
  /** Scores of these rules differed between nodes in at least so many percent. */
  readonly scoring?: readonly string[] | undefined;
}

const LEAST_PERCENT = 2;

export function againstOracle(topics: readonly Topic[], { refusing = [], scoring = [] }: Expected): void {
  test(`verdicts, scores, ties, messages and victims are the oracle's: ${topics.join(", ")}`, () => {
    const coverage = new Coverage();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) tryHistory({ topics, seed, coverage });
    if (process.env["NAGI_TEST_COVERAGE"] !== undefined)
      process.stderr.write(`${topics.join()}: ${coverage.toString()}\n`);
    if (HISTORIES < 100) return;
    coverage.mustReach(LEAST_PERCENT, { refusing, scoring });
  }, 300_000);
}
