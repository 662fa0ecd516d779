/** On which nodes a daemon set's pod belongs. The pod names its node by affinity; the scheduler binds it there. */

import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Toleration,
} from "../../../model/kinds/core/pod/affinity.ts";
import type { Node, Taint } from "../../../model/kinds/core/node/node.ts";
import type { PodSpec } from "../../../model/kinds/core/pod/pod-spec.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { matches, selectorFromLabels } from "../../../model/labels.ts";

type Effect = NonNullable<Toleration["effect"]>;

const tolerated: readonly (readonly [key: string, effect: Effect])[] = [
  ["node.kubernetes.io/not-ready", "NoExecute"],
  ["node.kubernetes.io/unreachable", "NoExecute"],
  ["node.kubernetes.io/disk-pressure", "NoSchedule"],
  ["node.kubernetes.io/memory-pressure", "NoSchedule"],
  ["node.kubernetes.io/pid-pressure", "NoSchedule"],
  ["node.kubernetes.io/unschedulable", "NoSchedule"],
];
const networkTaint = ["node.kubernetes.io/network-unavailable", "NoSchedule"] as const;

/** What pods of daemon sets put up with beside what their template says. */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const present = spec.tolerations ?? [];
  const added = [...tolerated, ...(spec.hostNetwork === true ? [networkTaint] : [])]
    .map(([key, effect]): Toleration => ({ key, operator: "Exists", effect }))
    .filter(({ key, effect }) => !present.some((each) => each.key === key && each.effect === effect));
  return [...present, ...added];
}

/** Whether the node should have the pod, and whether it may keep the one that it has. */
export function belongsOn(spec: PodSpec, node: Node): { readonly run: boolean; readonly keep: boolean } {
  const { name = "", labels } = node.metadata;
  const named = spec.nodeName ?? "";
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const isChosen =
    (named === "" || named === name) &&
    matches(selectorFromLabels(spec.nodeSelector), labels) &&
    (required === undefined || required.nodeSelectorTerms.some((term) => termHolds(term, node)));
  if (!isChosen) return { run: false, keep: false };
  const tolerations = daemonTolerations(spec);
  const against = (node.spec?.taints ?? []).filter(
    (taint) => !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  const isPushedOut = against.some(({ effect }) => effect === "NoExecute");
  const isKeptAway = against.some(({ effect }) => effect === "NoSchedule");
  return { run: !isPushedOut && !isKeptAway, keep: !isPushedOut };
}

function termHolds(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: Node,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const requirement = ({ key, operator, values = [] }: NodeSelectorRequirement) => ({
    key,
    operator,
    values,
  });
  const fields = { "metadata.name": metadata.name ?? "" };
  return (
    matches(matchExpressions.map(requirement), metadata.labels) &&
    matches(matchFields.map(requirement), fields)
  );
}

function tolerates({ key = "", operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  return operator === "Exists" || (key !== "" && value === (taint.value ?? ""));
}

/** The spec for the pod of one node: whatever the template's affinity says, this node is the only one. */
export function placedSpec(spec: PodSpec, nodeName: string): PodSpec {
  const requirement: NodeSelectorRequirement = { key: "metadata.name", operator: "In", values: [nodeName] };
  const nodeSelectorTerms: NodeSelectorTerm[] = [{ matchFields: [requirement] }];
  return {
    ...spec,
    affinity: {
      ...spec.affinity,
      nodeAffinity: {
        ...spec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
      },
    },
    tolerations: daemonTolerations(spec),
  };
}

/** The node that the pod is on or was made for. */
export function nodeOf({ spec }: Pod): string | undefined {
  if ((spec.nodeName ?? "") !== "") return spec.nodeName;
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const field = matchFields.find(({ key, operator }) => key === "metadata.name" && operator === "In");
    if (field?.values?.length === 1) return field.values[0];
  }
  return undefined;
}
