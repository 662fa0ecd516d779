/** PodTopologySpread: pods that a selector picks are spread evenly over the values of a node label. */

import { controllerSelector } from "./owners.ts";
import type { LabelSelector, Labels, Node, Pod, SpreadConstraint } from "./objects.ts";
import { keptAwayBy, selects, wantsNode } from "./selectors.ts";
import { namespaceOf, podsOn, type Rule, type RuleScores, type World } from "./world.ts";

export interface SpreadArguments {
  /** For pods without constraints of their own; their selectors come from what owns the pod. */
  readonly defaultConstraints: readonly SpreadConstraint[];
  /** The defaults are the built-in ones: a node may lack some of their labels. */
  readonly systemDefaults: boolean;
}

const hostname = "kubernetes.io/hostname";
const softly = { whenUnsatisfiable: "ScheduleAnyway" };

export const systemDefaults: SpreadArguments = {
  defaultConstraints: [
    { maxSkew: 3, topologyKey: hostname, ...softly },
    { maxSkew: 5, topologyKey: "topology.kubernetes.io/zone", ...softly },
  ],
  systemDefaults: true,
};

export function podTopologySpread(given: SpreadArguments = systemDefaults): Rule {
  return {
    name: "PodTopologySpread",
    filter: (pod, node, world) => {
      const constraints = constraintsOf(pod, "DoNotSchedule", given, world);
      const hasKeys = (each: Node): boolean =>
        constraints.every(({ topologyKey }) => topologyKey in labelsOf(each));
      const counted = world.nodes.filter(hasKeys);
      for (const constraint of constraints) {
        const { topologyKey, labelSelector, maxSkew, minDomains = 1 } = constraint;
        const domain = labelsOf(node)[topologyKey];
        if (domain === undefined) {
          return ["node(s) didn't match pod topology spread constraints (missing required label)"];
        }
        const eligible = counted.filter((each) => isEligible(constraint, pod, each));
        const domains = new Set(eligible.map((each) => labelsOf(each)[topologyKey]));
        const countIn = (wanted: string | undefined): number =>
          eligible
            .filter((each) => labelsOf(each)[topologyKey] === wanted)
            .reduce((sum, each) => sum + countMatching(constraint, pod, each, world), 0);
        const fewest = domains.size < minDomains ? 0 : Math.min(...[...domains].map(countIn));
        const self = selects(labelSelector, pod.metadata.labels) ? 1 : 0;
        if (countIn(domain) + self - fewest > maxSkew) {
          return ["node(s) didn't match pod topology spread constraints"];
        }
      }
      return [];
    },
    score: (pod, fitting, world) => scoreSpread(pod, fitting, given, world),
  };
}

function scoreSpread(
  pod: Pod,
  fitting: readonly Node[],
  given: SpreadArguments,
  world: World,
): RuleScores | undefined {
  const constraints = constraintsOf(pod, "ScheduleAnyway", given, world);
  if (constraints.length === 0) return undefined;
  const needsAll = (pod.spec.topologySpreadConstraints ?? []).length > 0 || !given.systemDefaults;
  const hasKeys = (node: Node): boolean =>
    !needsAll || constraints.every(({ topologyKey }) => topologyKey in labelsOf(node));
  const scored = fitting.filter(hasKeys);
  const counted = world.nodes.filter(hasKeys);
  const raw = fitting.map((node) => {
    if (!hasKeys(node)) return 0;
    let sum = 0;
    for (const constraint of constraints) {
      const { topologyKey, maxSkew } = constraint;
      const domain = labelsOf(node)[topologyKey];
      if (domain === undefined) continue;
      const domains = new Set(scored.map((each) => labelsOf(each)[topologyKey]));
      const size = topologyKey === hostname ? scored.length : domains.size;
      // Of a host everything counts; of a larger domain what is on nodes that the constraint looks at.
      const nodes =
        topologyKey === hostname
          ? [node]
          : counted.filter(
              (each) => labelsOf(each)[topologyKey] === domain && isEligible(constraint, pod, each),
            );
      const count = nodes.reduce((total, each) => total + countMatching(constraint, pod, each, world), 0);
      sum += count * Math.log(size + 2) + (maxSkew - 1);
    }
    return Math.round(sum);
  });
  const present = raw.filter((_, index) => hasKeys(fitting[index] as Node));
  const [least, most] = [Math.min(...present), Math.max(0, ...present)];
  const normalized = raw.map((score, index) => {
    if (!hasKeys(fitting[index] as Node)) return 0;
    return most === 0 ? 100 : Math.trunc((100 * (most + least - score)) / most);
  });
  return { raw, normalized };
}

function constraintsOf(
  pod: Pod,
  whenUnsatisfiable: string,
  { defaultConstraints }: SpreadArguments,
  world: World,
): readonly SpreadConstraint[] {
  const own = pod.spec.topologySpreadConstraints ?? [];
  if (own.length > 0) {
    return own
      .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
      .map((constraint) => ({
        ...constraint,
        labelSelector: mergedSelector(constraint, pod.metadata.labels),
      }));
  }
  const labelSelector = controllerSelector(pod, world);
  if (labelSelector === undefined) return [];
  return defaultConstraints
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => ({ ...constraint, labelSelector }));
}

/** The values of the pod's own labels under `matchLabelKeys` are wanted too. */
function mergedSelector(
  { labelSelector, matchLabelKeys = [] }: SpreadConstraint,
  labels: Labels = {},
): LabelSelector | undefined {
  if (labelSelector === undefined) return undefined;
  const own = matchLabelKeys
    .filter((key) => labels[key] !== undefined)
    .map((key) => ({ key, operator: "In", values: [labels[key] ?? ""] }));
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...own] };
}

/** Whether the constraint counts what is on the node. */
function isEligible(
  { nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore" }: SpreadConstraint,
  pod: Pod,
  node: Node,
): boolean {
  if (nodeAffinityPolicy === "Honor" && !wantsNode(pod, node)) return false;
  return nodeTaintsPolicy !== "Honor" || keptAwayBy(pod, node) === undefined;
}

/** Pods that are going do not count, nor does anything for a selector that asks for nothing. */
function countMatching({ labelSelector }: SpreadConstraint, pod: Pod, node: Node, world: World): number {
  if (labelSelector === undefined || isEmpty(labelSelector)) return 0;
  return podsOn(node, world).filter(
    (other) =>
      other.metadata.deletionTimestamp === undefined &&
      namespaceOf(other) === namespaceOf(pod) &&
      selects(labelSelector, other.metadata.labels),
  ).length;
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

function labelsOf({ metadata }: Node): Labels {
  return metadata.labels ?? {};
}
