/**
 * LeastRequestedPriority of OpenShift v3, the LeastAllocated strategy of today's NodeResourcesFit: the emptier the
 * node, the better. Per resource the free share of what is offered, then the mean over cpu and memory.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed } from "../../framework/plugin.ts";

interface ScoredRequest {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

export const leastRequested: Plugin<unknown, ScoredRequest> = {
  name: "NodeResourcesLeastAllocated",
  policyName: "LeastRequestedPriority",
  shareKey: ({ requests }) => `${requests.scoredMilliCpu},${requests.scoredMemoryBytes}`,
  preScore: ({ requests }) =>
    proceed({ milliCpu: requests.scoredMilliCpu, memoryBytes: requests.scoredMemoryBytes }),
  score: ({ milliCpu, memoryBytes }, row, { resources }) => {
    const cpu = resources.cpu.allocatable[row] ?? 0;
    const memory = resources.memory.allocatable[row] ?? 0;
    const offered = (cpu > 0 ? 1 : 0) + (memory > 0 ? 1 : 0);
    if (offered === 0) return 0;
    const free =
      freeShare(cpu, (resources.scoredMilliCpu[row] ?? 0) + milliCpu) +
      freeShare(memory, (resources.scoredMemoryBytes[row] ?? 0) + memoryBytes);
    return Math.trunc(free / offered);
  },
};

function freeShare(offered: number, requested: number): number {
  if (offered === 0 || requested > offered) return 0;
  return Math.trunc(((offered - requested) * MAX_NODE_SCORE) / offered);
}
