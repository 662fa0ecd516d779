/** LabelPreference of OpenShift v3: better a node that has the label (or that has it not), whatever its value. */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed } from "../../framework/plugin.ts";
import { labelTest, type RowTest } from "../nodeaffinity/terms.ts";

export interface LabelPreferenceArgs {
  /** What the policy calls it. */
  readonly name: string;
  readonly label: string;
  readonly presence: boolean;
  /** What a node scores that is as it should be. */
  readonly maxScore?: number | undefined;
}

export function labelPreference(args: LabelPreferenceArgs): Plugin<unknown, RowTest> {
  const { name, label, presence, maxScore = MAX_NODE_SCORE } = args;
  const operator = presence ? "Exists" : "DoesNotExist";
  return {
    name,
    policyName: "LabelPreference",
    preScore: (_pod, cluster) => proceed(labelTest({ key: label, operator }, cluster)),
    score: (test, row) => (test(row) ? maxScore : 0),
  };
}
