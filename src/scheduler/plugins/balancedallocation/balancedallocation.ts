/**
 * BalancedResourceAllocation: best where cpu and memory would be used to the same share, so that neither runs out
 * long before the other. 100 less the standard deviation of the shares.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../../framework/plugin.ts";

interface Request {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

export const balancedAllocation: Plugin<unknown, Request> = {
  name: "NodeResourcesBalancedAllocation",
  policyName: "BalancedResourceAllocation",
  shareKey: ({ requests }) => `${requests.milliCpu},${requests.memoryBytes}`,
  /** A pod that asks for nothing tips no balance. */
  preScore: ({ requests: { milliCpu, memoryBytes } }) =>
    milliCpu === 0 && memoryBytes === 0 ? skip : proceed({ milliCpu, memoryBytes }),
  score: ({ milliCpu, memoryBytes }, row, { resources }) => {
    const cpu = resources.cpu.allocatable[row] ?? 0;
    const memory = resources.memory.allocatable[row] ?? 0;
    if (cpu === 0 || memory === 0) return MAX_NODE_SCORE;
    const cpuShare = Math.min(1, ((resources.cpu.requested[row] ?? 0) + milliCpu) / cpu);
    const memoryShare = Math.min(1, ((resources.memory.requested[row] ?? 0) + memoryBytes) / memory);
    const deviation = Math.abs((cpuShare - memoryShare) / 2);
    return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
  },
};
