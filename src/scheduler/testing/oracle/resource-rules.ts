/** Rules of what nodes offer and pods ask for. */

import { offered, requested, requestedByAll, resourcesOf, scoredRequest } from "./amounts.ts";
import type { Node, Pod } from "./objects.ts";
import { absolute, podsOn, type Rule, type World } from "./world.ts";

export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

export interface ShapePoint {
  /** Percent that is used. */
  readonly utilization: number;
  /** 0 to 10 */
  readonly score: number;
}

export interface Strategy {
  readonly type: "LeastAllocated" | "MostAllocated" | "RequestedToCapacityRatio";
  readonly resources: readonly WeightedResource[];
  readonly shape?: readonly ShapePoint[] | undefined;
}

export interface FitArguments {
  readonly strategy: Strategy;
  readonly ignoredResources?: readonly string[] | undefined;
  /** What comes before the slash. */
  readonly ignoredResourceGroups?: readonly string[] | undefined;
}

export const cpuAndMemory: readonly WeightedResource[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

export const leastAllocated: FitArguments = {
  strategy: { type: "LeastAllocated", resources: cpuAndMemory },
};

export function nodeResourcesFit(given: FitArguments = leastAllocated): Rule {
  const { strategy, ignoredResources = [], ignoredResourceGroups = [] } = given;
  const isIgnored = (resource: string): boolean => {
    const slash = resource.indexOf("/");
    if (slash < 0) return false;
    return ignoredResources.includes(resource) || ignoredResourceGroups.includes(resource.slice(0, slash));
  };
  return {
    name: "NodeResourcesFit",
    filter: (pod, node, world) => {
      const pods = podsOn(node, world);
      const reasons = BigInt(pods.length) + 1n > offered(node, "pods") ? ["Too many pods"] : [];
      for (const resource of resourcesOf(pod)) {
        const wanted = requested(pod, resource);
        if (wanted === 0n || isIgnored(resource)) continue;
        if (wanted + requestedByAll(pods, resource) > offered(node, resource)) {
          reasons.push(`Insufficient ${resource}`);
        }
      }
      return reasons;
    },
    score: (pod, fitting, world) =>
      absolute(fitting.map((node) => Number(scoreByStrategy(strategy, usageOf(pod, node, strategy, world))))),
  };
}

interface Usage {
  readonly weight: bigint;
  readonly offered: bigint;
  readonly used: bigint;
}

/** With the pod on the node; resources that the node does not have, or a pod does not ask for, do not count. */
function usageOf(pod: Pod, node: Node, { resources }: Pick<Strategy, "resources">, world: World): Usage[] {
  const pods = [...podsOn(node, world), pod];
  return resources
    .map(({ name, weight }) => {
      const used = pods.reduce((sum, each) => sum + scoredRequest(each, name), 0n);
      return { name, weight: BigInt(weight), offered: offered(node, name), used };
    })
    .filter((usage) => usage.offered > 0n && countsInScores(pod, usage.name))
    .map(({ weight, offered: all, used }) => ({ weight, offered: all, used }));
}

/** Extended resources matter to pods that ask for them. */
function countsInScores(pod: Pod, resource: string): boolean {
  const basic = ["cpu", "memory", "ephemeral-storage"].includes(resource);
  return basic || requested(pod, resource) > 0n;
}

function scoreByStrategy({ type, shape = [] }: Strategy, usages: readonly Usage[]): bigint {
  const scored = usages.map((usage) => ({ weight: usage.weight, score: resourceScore(type, shape, usage) }));
  // By definition of this strategy resources that score nothing are left out of the mean, and the mean is rounded.
  const counted = type === "RequestedToCapacityRatio" ? scored.filter(({ score }) => score > 0n) : scored;
  const weights = counted.reduce((sum, { weight }) => sum + weight, 0n);
  const sum = counted.reduce((total, { weight, score }) => total + weight * score, 0n);
  if (weights === 0n) return 0n;
  return type === "RequestedToCapacityRatio"
    ? BigInt(Math.round(Number(sum) / Number(weights)))
    : sum / weights;
}

function resourceScore(type: Strategy["type"], shape: readonly ShapePoint[], usage: Usage): bigint {
  const { offered: all, used } = usage;
  if (type === "LeastAllocated") return used > all ? 0n : ((all - used) * 100n) / all;
  if (type === "MostAllocated") return used > all ? 100n : (used * 100n) / all;
  return onShape(shape, used > all ? 100n : (used * 100n) / all);
}

/** On the straight lines between the points, in whole numbers from 0 to 100. */
function onShape(shape: readonly ShapePoint[], utilization: bigint): bigint {
  const points = shape.map((point) => ({ at: BigInt(point.utilization), score: BigInt(point.score) * 10n }));
  const next = points.findIndex(({ at }) => utilization <= at);
  const after = points[next];
  if (after === undefined) return points.at(-1)?.score ?? 0n;
  const before = points[next - 1];
  if (before === undefined) return after.score;
  return before.score + ((after.score - before.score) * (utilization - before.at)) / (after.at - before.at);
}

/**
 * 75 where the pod leaves the balance as it is, up to 100 where it makes an uneven node even, down to 50 the other
 * way round. What is asked for counts, and nothing is assumed.
 */
export function balancedAllocation(resources: readonly WeightedResource[] = cpuAndMemory): Rule {
  return {
    name: "NodeResourcesBalancedAllocation",
    score: (pod, fitting, world) => {
      const counted = resources.map(({ name }) => name).filter((name) => countsInScores(pod, name));
      if (counted.every((name) => requested(pod, name) === 0n)) return undefined;
      return absolute(
        fitting.map((node) => {
          const pods = podsOn(node, world);
          const after = balance(sharesOf([...pods, pod], node, counted));
          const before = balance(sharesOf(pods, node, counted));
          return 50 + Math.trunc((50 + after - before) / 2);
        }),
      );
    },
  };
}

function sharesOf(pods: readonly Pod[], node: Node, resources: readonly string[]): number[] {
  return resources
    .filter((name) => offered(node, name) > 0n)
    .map((name) => Math.min(1, Number(requestedByAll(pods, name)) / Number(offered(node, name))));
}

/** 100 less the standard deviation of the used shares. */
function balance(shares: readonly number[]): number {
  if (shares.length < 2) return 100;
  const [first = 0, second = 0] = shares;
  if (shares.length === 2) return Math.trunc((1 - Math.abs((first - second) / 2)) * 100);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const squares = shares.reduce((sum, share) => sum + (share - mean) * (share - mean), 0);
  return Math.trunc((1 - Math.sqrt(squares / shares.length)) * 100);
}
