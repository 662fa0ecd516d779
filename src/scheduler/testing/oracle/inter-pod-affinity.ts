/** InterPodAffinity: pods that want to be, or not to be, where other pods are. */

import type { Labels, Node, Pod, PodAffinity, PodTerm } from "./objects.ts";
import { selects } from "./selectors.ts";
import { namespaceOf, placedPods, type Rule, type World } from "./world.ts";

export interface AffinityArguments {
  /** What a required affinity of a placed pod is worth to the pods that it wants near. */
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

const usual: AffinityArguments = { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false };

export function interPodAffinity(given: AffinityArguments = usual): Rule {
  return {
    name: "InterPodAffinity",
    filter: (pod, node, world) => {
      if (!hasWantedNeighbours(pod, node, world)) return ["node(s) didn't match pod affinity rules"];
      const placed = placedPods(world);
      const apart = requiredTerms(pod.spec.affinity?.podAntiAffinity);
      const avoided = placed.some((other) =>
        apart.some((term) => picks(term, pod, other.pod, world) && isSameDomain(term, node, other.node)),
      );
      if (avoided) return ["node(s) didn't match pod anti-affinity rules"];
      const unwelcome = placed.some((other) =>
        requiredTerms(other.pod.spec.affinity?.podAntiAffinity).some(
          (term) => picks(term, other.pod, pod, world) && isSameDomain(term, node, other.node),
        ),
      );
      return unwelcome ? ["node(s) didn't satisfy existing pods anti-affinity rules"] : [];
    },
    score: (pod, fitting, world) => {
      const mine = pullsOf(pod);
      if (given.ignorePreferredTermsOfExistingPods && mine.length === 0) return undefined;
      const attractions = placedPods(world).flatMap((other) => [
        ...mine
          .filter(({ term }) => picks(term, pod, other.pod, world))
          .map(({ term, weight }) => ({ term, weight, node: other.node })),
        ...[...pullsOf(other.pod), ...hardPullsOf(other.pod, given.hardPodAffinityWeight)]
          .filter(({ term }) => picks(term, other.pod, pod, world))
          .map(({ term, weight }) => ({ term, weight, node: other.node })),
      ]);
      const raw = fitting.map((node) =>
        attractions
          .filter((attraction) => isSameDomain(attraction.term, node, attraction.node))
          .reduce((sum, { weight }) => sum + weight, 0),
      );
      const [least, most] = [Math.min(...raw), Math.max(...raw)];
      const normalized = raw.map((score) =>
        most === least ? 0 : Math.trunc(100 * ((score - least) / (most - least))),
      );
      return { raw, normalized };
    },
  };
}

/**
 * Every required term needs, in the node's domain, a pod that all the terms pick. The first of a group of pods that
 * want each other is let in anywhere that has the labels.
 */
function hasWantedNeighbours(pod: Pod, node: Node, world: World): boolean {
  const terms = requiredTerms(pod.spec.affinity?.podAffinity);
  if (terms.length === 0) return true;
  if (!terms.every(({ topologyKey }) => domainOf(topologyKey, node) !== undefined)) return false;
  const wanted = placedPods(world).filter((other) =>
    terms.every((term) => picks(term, pod, other.pod, world)),
  );
  const near = terms.every((term) => wanted.some((other) => isSameDomain(term, node, other.node)));
  if (near) return true;
  const anywhere = wanted.some((other) =>
    terms.some(({ topologyKey }) => domainOf(topologyKey, other.node) !== undefined),
  );
  return !anywhere && terms.every((term) => picks(term, pod, pod, world));
}

/** Whether the term, which `owner` has, is about `other`. */
function picks(term: PodTerm, owner: Pod, other: Pod, world: World): boolean {
  const namespaces =
    (term.namespaces ?? []).length === 0 && term.namespaceSelector === undefined
      ? [namespaceOf(owner)]
      : (term.namespaces ?? []);
  const labels = world.related.Namespace.find(({ metadata }) => metadata.name === namespaceOf(other))
    ?.metadata.labels;
  if (!namespaces.includes(namespaceOf(other)) && !selects(term.namespaceSelector, labels)) return false;
  return selects(withLabelKeys(term, owner.metadata.labels ?? {}), other.metadata.labels);
}

function withLabelKeys(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: PodTerm,
  labels: Labels,
): PodTerm["labelSelector"] {
  if (labelSelector === undefined) return undefined;
  const requirements = (keys: readonly string[], operator: string) =>
    keys
      .filter((key) => labels[key] !== undefined)
      .map((key) => ({ key, operator, values: [labels[key] ?? ""] }));
  return {
    ...labelSelector,
    matchExpressions: [
      ...(labelSelector.matchExpressions ?? []),
      ...requirements(matchLabelKeys, "In"),
      ...requirements(mismatchLabelKeys, "NotIn"),
    ],
  };
}

interface Pull {
  readonly term: PodTerm;
  /** Below zero it pushes. */
  readonly weight: number;
}

function pullsOf({ spec: { affinity = {} } }: Pod): readonly Pull[] {
  const preferred = (list: PodAffinity | undefined, sign: number): Pull[] =>
    (list?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
      term: podAffinityTerm,
      weight: sign * weight,
    }));
  return [...preferred(affinity.podAffinity, 1), ...preferred(affinity.podAntiAffinity, -1)];
}

function hardPullsOf({ spec }: Pod, weight: number): readonly Pull[] {
  return requiredTerms(spec.affinity?.podAffinity).map((term) => ({ term, weight }));
}

function requiredTerms(affinity: PodAffinity | undefined): readonly PodTerm[] {
  return affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

function domainOf(topologyKey: string, { metadata }: Node): string | undefined {
  return metadata.labels?.[topologyKey];
}

function isSameDomain({ topologyKey }: PodTerm, a: Node, b: Node): boolean {
  const domain = domainOf(topologyKey, a);
  return domain !== undefined && domain === domainOf(topologyKey, b);
}
