/** Changes of one node that may let a pod in: uncordon it, label it, take a taint away. */

import type {
  NodeObject,
  NodeSelectorTerm,
  SelectorRequirement,
  TaintObject,
} from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { meets } from "../../plugins/nodeaffinity/requirement.ts";
import { keepsAway } from "../../plugins/tainttoleration/tolerates.ts";
import { costs, type Change } from "./change.ts";

/** The taint that comes and goes with `spec.unschedulable`. */
const cordonTaint = "node.kubernetes.io/unschedulable";
/** Taints that say how the node is: they go when that changes, and not before. */
const conditionTaint = /^node[.](kubernetes[.]io|cloudprovider[.]kubernetes[.]io)[/]/;
const MAX_TERMS = 4;

export function nodeChanges(pod: PodInfo, node: NodeObject): Change[] {
  return [...uncordon(node), ...removeTaints(pod, node), ...label(pod, node)];
}

function uncordon(node: NodeObject): Change[] {
  if (node.spec?.unschedulable !== true) return [];
  const name = node.metadata.name ?? "";
  const taints = node.spec.taints?.filter(({ key }) => key !== cordonTaint);
  return [
    {
      type: "Uncordon",
      target: `node/${name}`,
      summary: `uncordon ${name}`,
      command: `nagi uncordon ${name}`,
      cost: costs.uncordon,
      nodes: [{ ...node, spec: { ...node.spec, unschedulable: false, taints } }],
    },
  ];
}

/** Taints that keep the pod away and that somebody has set. */
export function untoleratedTaints(pod: PodInfo, node: NodeObject): readonly TaintObject[] {
  const tolerations = pod.object.spec.tolerations ?? [];
  return (node.spec?.taints ?? []).filter(
    (taint) => !conditionTaint.test(taint.key) && keepsAway(taint, tolerations),
  );
}

function removeTaints(pod: PodInfo, node: NodeObject): Change[] {
  const name = node.metadata.name ?? "";
  return untoleratedTaints(pod, node).map((taint) => ({
    type: "RemoveTaint",
    target: `node/${name}`,
    summary: `take taint ${taintText(taint)} from ${name}`,
    command: `kubectl taint node ${name} ${taintText(taint)}-`,
    cost: costs.removeTaint,
    nodes: [
      { ...node, spec: { ...node.spec, taints: node.spec?.taints?.filter((other) => other !== taint) } },
    ],
  }));
}

export function taintText({ key, value, effect }: TaintObject): string {
  return `${key}${value === undefined || value === "" ? "" : `=${value}`}:${effect}`;
}

type Labels = Readonly<Record<string, string>>;

function label(pod: PodInfo, node: NodeObject): Change[] {
  const { nodeSelector = {}, affinity } = pod.object.spec;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const wanted = (terms ?? [{}]).slice(0, MAX_TERMS).map((term) => meeting(term, nodeSelector, node));
  const seen = new Set<string>();
  return wanted.flatMap((labels): Change[] => {
    const change = labels === undefined ? undefined : labelChange(node, labels);
    if (change === undefined || seen.has(change.summary)) return [];
    seen.add(change.summary);
    return [change];
  });
}

/** The labels with which the node meets the selector and the term; undefined when labels cannot do it. */
function meeting(term: NodeSelectorTerm, selector: Labels, { metadata }: NodeObject): Labels | undefined {
  if ((term.matchFields ?? []).some((field) => !meets(field, metadata.name))) return undefined;
  const labels: Record<string, string> = { ...metadata.labels, ...selector };
  for (const requirement of term.matchExpressions ?? []) {
    if (meets(requirement, labels[requirement.key])) continue;
    const value = valueMeeting(requirement);
    if (value === undefined) delete labels[requirement.key];
    else labels[requirement.key] = value;
    if (!meets(requirement, value)) return undefined;
  }
  const holds = Object.entries(selector).every(([key, value]) => labels[key] === value);
  return holds ? labels : undefined;
}

function valueMeeting({ operator, values = [] }: SelectorRequirement): string | undefined {
  if (operator === "In") return values[0];
  if (operator === "Exists") return "true";
  if (operator === "Gt") return String(Number(values[0]) + 1);
  if (operator === "Lt") return String(Number(values[0]) - 1);
  return undefined;
}

/** Names a node; no other may have it. */
const hostnameLabel = "kubernetes.io/hostname";

export function labelChange(node: NodeObject, labels: Labels): Change | undefined {
  const name = node.metadata.name ?? "";
  const before = node.metadata.labels ?? {};
  const added = Object.keys(labels).filter((key) => before[key] !== labels[key]);
  const gone = Object.keys(before).filter((key) => !(key in labels));
  const words = [...added.map((key) => `${key}=${labels[key]}`), ...gone.map((key) => `${key}-`)];
  if (words.length === 0 || added.includes(hostnameLabel) || gone.includes(hostnameLabel)) return undefined;
  const replaces = added.some((key) => before[key] !== undefined);
  const parts = [
    ...(added.length === 0 ? [] : [`label ${name} ${added.map((key) => `${key}=${labels[key]}`).join(" ")}`]),
    ...(gone.length === 0 ? [] : [`take label ${gone.join(", ")} from ${name}`]),
  ];
  return {
    type: "LabelNode",
    target: `node/${name}`,
    summary: parts.join(" and "),
    command: `kubectl label node ${name} ${words.join(" ")}${replaces ? " --overwrite" : ""}`,
    cost: costs.labelNode + (words.length - 1) * 2 + (replaces || gone.length > 0 ? 15 : 0),
    nodes: [{ ...node, metadata: { ...node.metadata, labels } }],
  };
}
