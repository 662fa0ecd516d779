/**
 * The scores of nodes by requests as OpenShift v3 counted them, from 0 to 10 in whole numbers, for Policy files:
 * LeastRequestedPriority, MostRequestedPriority and BalancedResourceAllocation. Containers that ask for nothing
 * count as if they asked for a little.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { proceed } from "../../framework/plugin.ts";
import { ratioScorer } from "../noderesourcesfit/strategies.ts";
import {
  scoredResources,
  type ResourceWeight,
  type ScoredResource,
} from "../noderesourcesfit/scored-resources.ts";
import { freeShare, usedShare, type ShapePoint } from "../noderesourcesfit/shares.ts";

/** What the best node gets under a Policy. */
export const MAX_PRIORITY = 10;

interface AssumedRequest {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

type Combine = (cpu: Load, memory: Load) => number;

/** Mutable, and made once a plugin, so that scoring a node allocates nothing. */
interface Load {
  requested: number;
  offered: number;
}

function requestedPriority(name: string, combine: Combine): Plugin<unknown, AssumedRequest> {
  const cpu: Load = { requested: 0, offered: 0 };
  const memory: Load = { requested: 0, offered: 0 };
  return {
    name,
    shareKey: ({ requests }) => `${requests.scoredMilliCpu},${requests.scoredMemoryBytes}`,
    preScore: ({ requests }) =>
      proceed({ milliCpu: requests.scoredMilliCpu, memoryBytes: requests.scoredMemoryBytes }),
    score: ({ milliCpu, memoryBytes }, row, { resources }) => {
      cpu.requested = (resources.scoredMilliCpu[row] ?? 0) + milliCpu;
      cpu.offered = resources.cpu.allocatable[row] ?? 0;
      memory.requested = (resources.scoredMemoryBytes[row] ?? 0) + memoryBytes;
      memory.offered = resources.memory.allocatable[row] ?? 0;
      return combine(cpu, memory);
    },
  };
}

/** The mean of the free shares. */
export const leastRequestedPriority = requestedPriority("LeastRequestedPriority", (cpu, memory) => {
  const free =
    freeShare(cpu.requested, cpu.offered, MAX_PRIORITY) +
    freeShare(memory.requested, memory.offered, MAX_PRIORITY);
  return Math.trunc(free / 2);
});

/** The mean of the used shares; a resource that is asked for beyond what there is counts nothing. */
export const mostRequestedPriority = requestedPriority("MostRequestedPriority", (cpu, memory) =>
  Math.trunc((usedWithin(cpu) + usedWithin(memory)) / 2),
);

function usedWithin({ requested, offered }: Load): number {
  return requested > offered ? 0 : usedShare(requested, offered, MAX_PRIORITY);
}

/** Best where cpu and memory are used to the same share; nothing for a node that would be full. */
export const balancedResourcePriority = requestedPriority("BalancedResourceAllocation", (cpu, memory) => {
  const cpuShare = cpu.offered === 0 ? 1 : cpu.requested / cpu.offered;
  const memoryShare = memory.offered === 0 ? 1 : memory.requested / memory.offered;
  if (cpuShare >= 1 || memoryShare >= 1) return 0;
  return Math.trunc((1 - Math.abs(cpuShare - memoryShare)) * MAX_PRIORITY);
});

export interface RatioPriorityArgs {
  readonly shape: readonly ShapePoint[];
  readonly resources: readonly ResourceWeight[];
}

/** A curve over the used share of each resource. */
export function requestedToCapacityRatioPriority({
  shape,
  resources: weights,
}: RatioPriorityArgs): Plugin<unknown, readonly ScoredResource[]> {
  const scorer = ratioScorer(shape, MAX_PRIORITY);
  return {
    name: "RequestedToCapacityRatioPriority",
    shareKey: ({ requests }) => JSON.stringify(requests),
    preScore: (pod, cluster) => proceed(scoredResources(weights, pod, cluster, true)),
    score: (scored, row, { resources }) => scorer(scored, row, resources),
  };
}
