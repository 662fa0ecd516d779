/**
 * matchLabelKeys and mismatchLabelKeys: the values that a new pod itself has are added to the selectors, so that who
 * reads the selectors need not know the pod they belong to.
 */

import type { LabelSelector } from "../../../label-selector.ts";
import type { Affinity, PodAffinityTerm } from "./affinity.ts";
import type { Pod } from "./pod.ts";

interface Keyed {
  labelSelector?: LabelSelector | undefined;
  matchLabelKeys?: string[] | undefined;
  mismatchLabelKeys?: string[] | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** Changes the new pod that it is given, which is checked only afterwards: anything may be missing. */
export function mergeLabelKeys({ metadata, spec }: Pick<Pod, "metadata" | "spec">): void {
  const labels: Labels = metadata.labels ?? {};
  for (const term of affinityTerms(spec.affinity)) merge(term, labels);
  for (const constraint of spec.topologySpreadConstraints ?? []) merge(constraint, labels);
}

function affinityTerms(affinity: Affinity | undefined): PodAffinityTerm[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((each) => [
    ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
}

function merge(keyed: Keyed, labels: Labels): void {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = keyed;
  if (labelSelector === undefined) return;
  const demands = (keys: readonly string[], operator: "In" | "NotIn") =>
    keys.flatMap((key) => {
      const value = labels[key];
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  const added = [...demands(matchLabelKeys, "In"), ...demands(mismatchLabelKeys, "NotIn")];
  if (added.length === 0) return;
  labelSelector.matchExpressions = [...(labelSelector.matchExpressions ?? []), ...added];
}
