/** The resources that a score of nodes looks at, made ready for one pod. */

import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { requestOf } from "../../snapshot/requests.ts";
import type { ResourceColumn, ResourceTable } from "../../snapshot/resources.ts";

export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}

export const cpuAndMemory: readonly ResourceWeight[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

const AS_REQUESTED = 0;
const ASSUMED_CPU = 1;
const ASSUMED_MEMORY = 2;

export interface ScoredResource {
  readonly weight: number;
  /** What the pod asks for. */
  readonly amount: number;
  readonly column: ResourceColumn;
  /** Where the requests of the pods that are there are summed up. */
  readonly source: typeof AS_REQUESTED | typeof ASSUMED_CPU | typeof ASSUMED_MEMORY;
}

/**
 * With `assumed`, containers that ask for no cpu or memory count as if they asked for a little. A resource that no
 * node offers is left out, so is one that only some nodes have and the pod does not ask for.
 */
export function scoredResources(
  weights: readonly ResourceWeight[],
  { requests }: PodInfo,
  { resources }: Cluster,
  assumed: boolean,
): readonly ScoredResource[] {
  return weights.flatMap(({ name, weight }): ScoredResource[] => {
    const column = resources.column(name);
    if (column === undefined || name === "pods") return [];
    switch (name) {
      case "cpu":
        return assumed
          ? [{ weight, amount: requests.scoredMilliCpu, column, source: ASSUMED_CPU }]
          : [{ weight, amount: requests.milliCpu, column, source: AS_REQUESTED }];
      case "memory":
        return assumed
          ? [{ weight, amount: requests.scoredMemoryBytes, column, source: ASSUMED_MEMORY }]
          : [{ weight, amount: requests.memoryBytes, column, source: AS_REQUESTED }];
      case "ephemeral-storage":
        return [{ weight, amount: requests.ephemeralBytes, column, source: AS_REQUESTED }];
      default: {
        const amount = requestOf(requests, name);
        return amount === 0 ? [] : [{ weight, amount, column, source: AS_REQUESTED }];
      }
    }
  });
}

/** What the pods of the node ask for. */
export function usedOf({ source, column }: ScoredResource, row: number, resources: ResourceTable): number {
  if (source === ASSUMED_CPU) return resources.scoredMilliCpu[row] ?? 0;
  if (source === ASSUMED_MEMORY) return resources.scoredMemoryBytes[row] ?? 0;
  return column.requested[row] ?? 0;
}
