/** Loads of one node in percent of what it can take. They run for every node: nothing is allocated. */

import type { Cluster } from "../../snapshot/cluster.ts";
import { UNMEASURED } from "../../snapshot/loads.ts";
import { networkResource } from "../../snapshot/requests.ts";
import { amountText } from "../noderesourcesfit/amount-text.ts";

/**
 * disk: space; diskTraffic: how much of the time the disk works; network: of the node's `nagi.dev/network-mbps`;
 * overuse: what the pods used over some time of what they asked for, of cpu or memory, whichever is more.
 */
export const loadNames = ["cpu", "memory", "disk", "diskTraffic", "network", "overuse"] as const;
export type LoadName = (typeof loadNames)[number];

/** With `added` on top; UNMEASURED when it is not known. */
export function loadPercent(name: LoadName, row: number, cluster: Cluster, added: number): number {
  const { loads, resources } = cluster;
  switch (name) {
    case "cpu":
      return percent(loads.expectedCpu(row, resources), added, resources.cpu.allocatable[row]);
    case "memory":
      return percent(loads.expectedMemory(row, resources), added, resources.memory.allocatable[row]);
    case "disk":
      return percent(loads.used.disk[row], 0, resources.ephemeral.allocatable[row]);
    case "diskTraffic":
      return loads.measured[row] === 1 ? (loads.used.diskBusyPercent[row] ?? UNMEASURED) : UNMEASURED;
    case "network":
      return percent(loads.used.networkMbps[row], 0, resources.column(networkResource)?.allocatable[row]);
    case "overuse":
      return Math.max(
        percent(loads.used.podsCpuAverage[row], 0, loads.requestedCpu[row]),
        percent(loads.used.podsMemoryAverage[row], 0, loads.requestedMemory[row]),
      );
  }
}

function percent(used = UNMEASURED, added = 0, offered = 0): number {
  return used < 0 || offered === 0 ? UNMEASURED : ((used + added) * 100) / offered;
}

/** What processes outside of pods use; 0 when it is not known. */
export function usedByOthers(resource: "cpu" | "memory", row: number, { loads }: Cluster): number {
  const all = resource === "cpu" ? loads.used.cpu[row] : loads.used.memory[row];
  const pods = resource === "cpu" ? loads.used.podsCpu[row] : loads.used.podsMemory[row];
  if (all === undefined || pods === undefined || all < 0 || pods < 0) return 0;
  return Math.max(0, all - pods);
}

/** What is neither asked for by pods nor used by others. */
export function besidesOthers(resource: "cpu" | "memory", row: number, cluster: Cluster): number {
  const column = cluster.resources[resource];
  const free = (column.allocatable[row] ?? 0) - (column.requested[row] ?? 0);
  return free - usedByOthers(resource, row, cluster);
}

export function loadText(name: LoadName, row: number, cluster: Cluster): string {
  const { loads, resources } = cluster;
  const share = `${Math.round(loadPercent(name, row, cluster, 0))}%`;
  const of = (resource: string, used: number, offered = 0): string =>
    `${share} in use (${amountText(resource, Math.round(used))} of ${amountText(resource, offered)})`;
  switch (name) {
    case "cpu":
      return `cpu: ${of("cpu", loads.expectedCpu(row, resources), resources.cpu.allocatable[row])}`;
    case "memory":
      return `memory: ${of("memory", loads.expectedMemory(row, resources), resources.memory.allocatable[row])}`;
    case "disk":
      return `disk space: ${of("ephemeral-storage", loads.used.disk[row] ?? 0, resources.ephemeral.allocatable[row])}`;
    case "diskTraffic":
      return `the busiest disk works ${share} of the time`;
    case "network":
      return `network: ${share} of the traffic that it can take`;
    case "overuse":
      return `its pods use ${share} of what they asked for`;
  }
}
