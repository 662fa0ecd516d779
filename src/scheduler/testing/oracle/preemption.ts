/** DefaultPreemption: which pods of lower priority would have to go, node by node, and from which node they do. */

import { takes, type WeightedRule } from "./ask.ts";
import type { Node, Pod } from "./objects.ts";
import { selects } from "./selectors.ts";
import { namespaceOf, podsOn, type World } from "./world.ts";

export interface Sacrifice {
  readonly nodeName: string;
  /** The most important first. */
  readonly victims: readonly Pod[];
  /** How many of them a disruption budget would have kept. */
  readonly violations: number;
}

/** Of every node where the going of pods makes room: what it costs. */
export function sacrifices(rules: readonly WeightedRule[], pod: Pod, world: World): readonly Sacrifice[] {
  if (pod.spec.preemptionPolicy === "Never") return [];
  return world.nodes.flatMap((node) => sacrificeOn(rules, pod, node, world) ?? []);
}

/** The ones that cost least; any of them is right. */
export function cheapest(all: readonly Sacrifice[]): readonly Sacrifice[] {
  const criteria: ((sacrifice: Sacrifice) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => Math.max(...victims.map(priorityOf)),
    ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => -earliestOfHighest(victims),
  ];
  return criteria.reduce((left, cost) => {
    const least = Math.min(...left.map(cost));
    return left.filter((sacrifice) => cost(sacrifice) === least);
  }, all);
}

function sacrificeOn(
  rules: readonly WeightedRule[],
  pod: Pod,
  node: Node,
  world: World,
): Sacrifice | undefined {
  const lower = podsOn(node, world)
    .filter((other) => priorityOf(other) < priorityOf(pod))
    .toSorted(byImportance);
  const fitsWithout = (gone: readonly Pod[]): boolean => {
    const placements = world.placements.filter((placement) => !gone.includes(placement.pod));
    return takes(rules, pod, node, { ...world, placements });
  };
  if (lower.length === 0 || !fitsWithout(lower)) return undefined;
  const guarded = guardedOf(lower, world);
  const order = [
    ...lower.filter((each) => guarded.includes(each)),
    ...lower.filter((each) => !guarded.includes(each)),
  ];
  let gone: readonly Pod[] = lower;
  for (const candidate of order) {
    const fewer = gone.filter((each) => each !== candidate);
    if (fitsWithout(fewer)) gone = fewer;
  }
  const violations = gone.filter((each) => guarded.includes(each)).length;
  return { nodeName: node.metadata.name ?? "", victims: gone, violations };
}

/** The pods, in order of importance, whose going some budget no longer allows. */
function guardedOf(pods: readonly Pod[], { related }: World): readonly Pod[] {
  const left = new Map(
    related.PodDisruptionBudget.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]),
  );
  return pods.filter((pod) => {
    let guarded = false;
    for (const budget of related.PodDisruptionBudget) {
      const { metadata, spec, status } = budget;
      const isEmpty =
        Object.keys(spec.selector?.matchLabels ?? {}).length +
          (spec.selector?.matchExpressions ?? []).length ===
        0;
      if (metadata.namespace !== namespaceOf(pod) || isEmpty) continue;
      if (!selects(spec.selector, pod.metadata.labels)) continue;
      if (status?.disruptedPods?.[pod.metadata.name ?? ""] !== undefined) continue;
      const allowed = (left.get(budget) ?? 0) - 1;
      left.set(budget, allowed);
      if (allowed < 0) guarded = true;
    }
    return guarded;
  });
}

function priorityOf({ spec }: Pod): number {
  return spec.priority ?? 0;
}

/** Higher priority first, then who runs for longer. */
function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b);
}

function startOf({ status }: Pod): number {
  return status?.startTime === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(status.startTime);
}

function earliestOfHighest(victims: readonly Pod[]): number {
  const highest = Math.max(...victims.map(priorityOf));
  return Math.min(...victims.filter((victim) => priorityOf(victim) === highest).map(startOf));
}
