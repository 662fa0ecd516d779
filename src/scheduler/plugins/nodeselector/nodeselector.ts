/** MatchNodeSelector of OpenShift v3, NodeAffinity of today: labels that the node must have, or had better have. */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import type { NodeAffinityObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { labelTest, termTest, type RowTest } from "./terms.ts";

export const reasonNoMatch = "node(s) didn't match Pod's node affinity/selector";

interface SelectorState {
  /** One a label of the plain nodeSelector. */
  readonly labels: readonly { readonly text: string; readonly test: RowTest }[];
  /** At least one of them; undefined when the pod has no required affinity. */
  readonly terms: readonly RowTest[] | undefined;
}

interface Preference {
  readonly weight: number;
  readonly test: RowTest;
}

export const nodeSelector: Plugin<SelectorState, readonly Preference[]> = {
  name: "NodeAffinity",
  policyName: "MatchNodeSelector",
  nodeLocal: true,
  shareKey: (pod) => {
    const { nodeSelector: labels } = pod.object.spec;
    const affinity = affinityOf(pod);
    return labels === undefined && affinity === undefined ? "" : JSON.stringify([labels, affinity]);
  },

  preFilter: (pod, cluster) => {
    const labels = Object.entries(pod.object.spec.nodeSelector ?? {});
    const required = affinityOf(pod)?.requiredDuringSchedulingIgnoredDuringExecution;
    if (labels.length === 0 && required === undefined) return skip;
    return proceed({
      labels: labels.map(([key, value]) => ({
        text: `${key}=${value}`,
        test: labelTest({ key, operator: "In", values: [value] }, cluster),
      })),
      terms: required?.nodeSelectorTerms.map((term) => termTest(term, cluster)),
    });
  },
  filter: ({ labels, terms }, row) => {
    for (const { test } of labels) if (!test(row)) return 1;
    return terms === undefined || terms.some((test) => test(row)) ? 0 : 1;
  },
  reasons: (state, _detail, at) => [
    { text: reasonNoMatch, detail: at && mismatch(state, at.row, at.cluster), resolvable: false },
  ],

  preScore: (pod, cluster) => {
    const preferred = affinityOf(pod)?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return skip;
    return proceed(
      preferred.map(({ weight, preference }) => ({ weight, test: termTest(preference, cluster) })),
    );
  },
  score: (preferences, row) => {
    let sum = 0;
    for (const { weight, test } of preferences) if (test(row)) sum += weight;
    return sum;
  },
  normalize: (raw, { max }) => (max === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * raw) / max)),

  hint: (event) => event.type === "NodeChanged" && (event.aspects & nodeAspect.labels) !== 0,
};

function affinityOf({ object }: PodInfo): NodeAffinityObject | undefined {
  return object.spec.affinity?.nodeAffinity;
}

function mismatch({ labels, terms }: SelectorState, row: number, cluster: Cluster): string {
  const missing = labels.find(({ test }) => !test(row));
  if (missing !== undefined) {
    const key = missing.text.slice(0, missing.text.indexOf("="));
    const value = cluster.node(row)?.metadata.labels?.[key];
    const has = value === undefined ? `no label ${key}` : `${key}=${value}`;
    return `the pod asks for ${missing.text}, the node has ${has}`;
  }
  return `none of the ${terms?.length ?? 0} terms of the required node affinity matches`;
}
