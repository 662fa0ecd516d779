/** Label selectors, node selectors, and tolerations of taints. */

import type {
  Labels,
  LabelSelector,
  Node,
  NodeTerm,
  Pod,
  Requirement,
  Taint,
  Toleration,
} from "./objects.ts";

export function hasLabels(wanted: Labels, labels: Labels = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** No selector selects nothing; a selector without requirements selects everything. */
export function selects(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return hasLabels(matchLabels, labels) && matchExpressions.every((each) => meets(each, labels[each.key]));
}

export function meets({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return compares(operator, value, values[0]);
  }
}

function compares(operator: string, value: string | undefined, limit: string | undefined): boolean {
  const [left, right] = [Number(value), Number(limit)];
  if (value === undefined || !Number.isInteger(left) || !Number.isInteger(right)) return false;
  return operator === "Gt" ? left > right : operator === "Lt" && left < right;
}

/** All requirements of the term; a term without any matches no node. */
export function termMatches({ matchExpressions = [], matchFields = [] }: NodeTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const { labels = {}, name } = node.metadata;
  return (
    matchExpressions.every((each) => meets(each, labels[each.key])) &&
    matchFields.every((each) => each.key === "metadata.name" && meets(each, name))
  );
}

/** Whether the pod's own node selector and its required node affinity allow the node. */
export function wantsNode({ spec }: Pod, node: Node): boolean {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const affine = required === undefined || required.nodeSelectorTerms.some((term) => termMatches(term, node));
  return affine && hasLabels(spec.nodeSelector ?? {}, node.metadata.labels);
}

export function isTolerated(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => {
    const { key = "", operator = "Equal", value = "", effect = "" } = toleration;
    if (effect !== "" && effect !== taint.effect) return false;
    if (key === "" ? operator !== "Exists" : key !== taint.key) return false;
    return operator === "Exists" || value === (taint.value ?? "");
  });
}

/** The first taint that keeps the pod away from the node. */
export function keptAwayBy({ spec }: Pod, node: Node): Taint | undefined {
  return (node.spec?.taints ?? []).find(
    (taint) => taint.effect !== "PreferNoSchedule" && !isTolerated(spec.tolerations, taint),
  );
}
