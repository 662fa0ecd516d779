/**
 * Favours nodes where the pod brings the used shares of the resources closer together, so that none runs out long
 * before the others. How even the shares are is 100 less their standard deviation in percent; the score is 75 where
 * the pod changes nothing, up to 100 where it makes an uneven node even, and down to 50 the other way round, as in
 * kube-scheduler since 1.36.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../../framework/plugin.ts";
import {
  cpuAndMemory,
  scoredResources,
  usedOf,
  type ResourceWeight,
  type ScoredResource,
} from "../noderesourcesfit/scored-resources.ts";
import { requestOf } from "../../snapshot/requests.ts";
import type { ResourceTable } from "../../snapshot/resources.ts";

export interface BalancedArgs {
  /** All of them count the same. */
  readonly resources: readonly ResourceWeight[];
}

const HALF = MAX_NODE_SCORE / 2;

export function balancedAllocation(
  { resources: weights }: BalancedArgs = { resources: cpuAndMemory },
): Plugin<unknown, readonly ScoredResource[]> {
  return {
    name: "NodeResourcesBalancedAllocation",
    policyName: "BalancedResourceAllocation",
    shareKey: ({ requests: { milliCpu, memoryBytes, ephemeralBytes, others } }) =>
      `${milliCpu},${memoryBytes},${ephemeralBytes}${others.length === 0 ? "" : JSON.stringify(others)}`,
    /** A pod that asks for nothing tips no balance. */
    preScore: (pod, cluster) =>
      weights.every(({ name }) => requestOf(pod.requests, name) === 0)
        ? skip
        : proceed(scoredResources(weights, pod, cluster, false)),
    score: (scored, row, { resources }) => {
      const withPod = evenness(scored, row, resources, 1);
      const without = evenness(scored, row, resources, 0);
      return HALF + Math.trunc((HALF + withPod - without) / 2);
    },
  };
}

/** 50 to 100; with the pod counted in `count` times. */
function evenness(
  scored: readonly ScoredResource[],
  row: number,
  resources: ResourceTable,
  count: 0 | 1,
): number {
  let offers = 0;
  let first = 0;
  let second = 0;
  let sum = 0;
  for (let index = 0; index < scored.length; index++) {
    const share = usedFraction(scored[index] as ScoredResource, row, resources, count);
    if (share < 0) continue;
    if (offers === 0) first = share;
    else second = share;
    sum += share;
    offers++;
  }
  if (offers < 2) return MAX_NODE_SCORE;
  if (offers === 2) return Math.trunc((1 - Math.abs((first - second) / 2)) * MAX_NODE_SCORE);
  const mean = sum / offers;
  let squares = 0;
  for (let index = 0; index < scored.length; index++) {
    const share = usedFraction(scored[index] as ScoredResource, row, resources, count);
    if (share >= 0) squares += (share - mean) * (share - mean);
  }
  return Math.trunc((1 - Math.sqrt(squares / offers)) * MAX_NODE_SCORE);
}

/** At most 1; -1 when the node does not offer the resource. */
function usedFraction(resource: ScoredResource, row: number, resources: ResourceTable, count: 0 | 1): number {
  const offered = resource.column.allocatable[row] ?? 0;
  if (offered === 0) return -1;
  const requested = usedOf(resource, row, resources) + count * resource.amount;
  return requested >= offered ? 1 : requested / offered;
}
