/**
 * MatchNodeSelector of OpenShift v3, NodeAffinity of today: labels that the node must have, or had better have. What
 * the configuration adds (`addedAffinity`) holds for every pod of the profile, besides the pod's own.
 */

import type { Plugin, Reason } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, reject, skip } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import type { NodeAffinityObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { labelTest, namesIn, termTest, type RowTest } from "./terms.ts";

export const reasonNoMatch = "node(s) didn't match Pod's node affinity/selector";
export const reasonAdded = "node(s) didn't match scheduler-enforced node affinity";
export const reasonConflict = "pod affinity terms conflict";

export interface NodeAffinityArgs {
  /** Of all pods of the profile. */
  readonly addedAffinity?: NodeAffinityObject | undefined;
}

interface AffinityState {
  /** At least one of them; undefined when the configuration demands nothing. */
  readonly added: readonly RowTest[] | undefined;
  /** One a label of the plain nodeSelector. */
  readonly labels: readonly { readonly text: string; readonly test: RowTest }[];
  /** At least one of them; undefined when the pod has no required affinity. */
  readonly terms: readonly RowTest[] | undefined;
}

interface Preference {
  readonly weight: number;
  readonly test: RowTest;
}

const NO_MATCH = 1;
const ADDED = 2;

export function nodeAffinity({ addedAffinity }: NodeAffinityArgs = {}): Plugin<
  AffinityState,
  readonly Preference[]
> {
  const addedRequired = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const addedPreferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    name: "NodeAffinity",
    policyName: "MatchNodeSelector",
    nodeLocal: true,
    shareKey: (pod) => {
      const { nodeSelector } = pod.object.spec;
      const affinity = affinityOf(pod);
      return nodeSelector === undefined && affinity === undefined
        ? ""
        : JSON.stringify([nodeSelector, affinity]);
    },

    preFilter: (pod, cluster) => {
      const labels = Object.entries(pod.object.spec.nodeSelector ?? {});
      const required = requiredTermsOf(pod);
      if (labels.length === 0 && required === undefined && addedRequired === undefined) return skip;
      if (required !== undefined && required.length > 0 && namesIn(required)?.size === 0) {
        return reject({ text: reasonConflict, resolvable: false });
      }
      return proceed({
        added: addedRequired?.map((term) => termTest(term, cluster)),
        labels: labels.map(([key, value]) => ({
          text: `${key}=${value}`,
          test: labelTest({ key, operator: "In", values: [value] }, cluster),
        })),
        terms: required?.map((term) => termTest(term, cluster)),
      });
    },
    filter: ({ added, labels, terms }, row) => {
      if (added !== undefined && !anyHolds(added, row)) return ADDED;
      for (let index = 0; index < labels.length; index++)
        if (labels[index]?.test(row) !== true) return NO_MATCH;
      return terms === undefined || anyHolds(terms, row) ? 0 : NO_MATCH;
    },
    reasons: (state, detail, at): readonly Reason[] => {
      if (detail === ADDED) return [{ text: reasonAdded, resolvable: false }];
      const why = at && mismatch(state, at.row, at.cluster);
      return [{ text: reasonNoMatch, detail: why, resolvable: false }];
    },

    preScore: (pod, cluster) => {
      const own = affinityOf(pod)?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
      if (own.length + addedPreferred.length === 0) return skip;
      return proceed(
        [...addedPreferred, ...own].map(({ weight, preference }) => ({
          weight,
          test: termTest(preference, cluster),
        })),
      );
    },
    score: (preferences, row) => {
      let sum = 0;
      for (let index = 0; index < preferences.length; index++) {
        const { weight, test } = preferences[index] as Preference;
        if (test(row)) sum += weight;
      }
      return sum;
    },
    normalize: (raw, { max }) => (max === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * raw) / max)),

    hint: (event) => event.type === "NodeChanged" && (event.aspects & nodeAspect.labels) !== 0,
  };
}

function affinityOf({ object }: PodInfo): NodeAffinityObject | undefined {
  return object.spec.affinity?.nodeAffinity;
}

function requiredTermsOf(pod: PodInfo) {
  return affinityOf(pod)?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
}

function anyHolds(tests: readonly RowTest[], row: number): boolean {
  for (let index = 0; index < tests.length; index++) if (tests[index]?.(row) === true) return true;
  return false;
}

function mismatch({ labels, terms }: AffinityState, row: number, cluster: Cluster): string {
  const missing = labels.find(({ test }) => !test(row));
  if (missing !== undefined) {
    const key = missing.text.slice(0, missing.text.indexOf("="));
    const value = cluster.node(row)?.metadata.labels?.[key];
    const has = value === undefined ? `no label ${key}` : `${key}=${value}`;
    return `the pod asks for ${missing.text}, the node has ${has}`;
  }
  return `none of the ${terms?.length ?? 0} terms of the required node affinity matches`;
}
