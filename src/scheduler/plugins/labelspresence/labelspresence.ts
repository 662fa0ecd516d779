/**
 * LabelsPresence of OpenShift v3: nodes must have all of these labels, or none of them, whatever their values. For
 * instance pods stay off nodes with the label `retiring`.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { proceed } from "../../framework/plugin.ts";
import { nodeAspect } from "../../snapshot/cluster.ts";
import { labelTest, type RowTest } from "../nodeaffinity/terms.ts";

export const reasonLabels = "node(s) didn't have the requested labels";

export interface LabelsPresenceArgs {
  /** What the policy calls it. */
  readonly name: string;
  readonly labels: readonly string[];
  /** Whether they have to be there, or must not be. */
  readonly presence: boolean;
}

/** A test per label, in order: whether the node is as it should be. */
type LabelTests = readonly RowTest[];

export function labelsPresence({ name, labels, presence }: LabelsPresenceArgs): Plugin<LabelTests> {
  const operator = presence ? "Exists" : "DoesNotExist";
  return {
    name,
    policyName: "LabelsPresence",
    nodeLocal: true,
    preFilter: (_pod, cluster) => proceed(labels.map((key) => labelTest({ key, operator }, cluster))),
    filter: (tests, row) => {
      for (let index = 0; index < tests.length; index++) if (tests[index]?.(row) !== true) return 1;
      return 0;
    },
    reasons: (tests, _detail, at) => {
      const wrong = at && labels.filter((_label, index) => tests[index]?.(at.row) !== true).join(", ");
      const detail =
        wrong && (presence ? `the node has no label ${wrong}` : `the node has the label ${wrong}`);
      return [{ text: reasonLabels, detail, resolvable: false }];
    },
    hint: (event) => event.type === "NodeChanged" && (event.aspects & nodeAspect.labels) !== 0,
  };
}
