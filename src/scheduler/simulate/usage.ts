/** How full nodes and zones are: what their pods ask for against what they offer. */

import type { Cluster } from "../snapshot/cluster.ts";
import type { NodeObject } from "../snapshot/objects.ts";

export interface Amounts {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

export interface Usage {
  readonly name: string;
  readonly requested: Amounts;
  readonly offered: Amounts;
}

export interface NodeUsage extends Usage {
  readonly zone: string | undefined;
  readonly unschedulable: boolean;
}

export interface ClusterUsage {
  readonly total: Usage;
  readonly zones: readonly (Usage & { readonly nodes: number })[];
  readonly nodes: readonly NodeUsage[];
}

const zoneLabels = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

export function zoneOf({ metadata }: NodeObject): string | undefined {
  for (const label of zoneLabels) {
    const zone = metadata.labels?.[label];
    if (zone !== undefined) return zone;
  }
  return undefined;
}

const natural = new Intl.Collator("en", { numeric: true });

export function usageOf(cluster: Cluster): ClusterUsage {
  const nodes: NodeUsage[] = [];
  for (let row = 0; row < cluster.rows; row++) {
    const node = cluster.node(row);
    if (node !== undefined) nodes.push(nodeUsage(cluster, row, node));
  }
  nodes.sort((a, b) => natural.compare(a.zone ?? "", b.zone ?? "") || natural.compare(a.name, b.name));
  const byZone = Map.groupBy(nodes, ({ zone }) => zone ?? "");
  const zones = [...byZone].map(([name, members]) => ({ ...sum(name, members), nodes: members.length }));
  return { total: sum("all", nodes), zones, nodes };
}

function nodeUsage({ resources }: Cluster, row: number, node: NodeObject): NodeUsage {
  const { cpu, memory, pods } = resources;
  const amounts = (of: "requested" | "allocatable"): Amounts => ({
    milliCpu: cpu[of][row] ?? 0,
    memoryBytes: memory[of][row] ?? 0,
    pods: pods[of][row] ?? 0,
  });
  return {
    name: node.metadata.name ?? "",
    zone: zoneOf(node),
    unschedulable: node.spec?.unschedulable === true,
    requested: amounts("requested"),
    offered: amounts("allocatable"),
  };
}

function sum(name: string, members: readonly Usage[]): Usage {
  const add = (of: "requested" | "offered"): Amounts => ({
    milliCpu: members.reduce((total, each) => total + each[of].milliCpu, 0),
    memoryBytes: members.reduce((total, each) => total + each[of].memoryBytes, 0),
    pods: members.reduce((total, each) => total + each[of].pods, 0),
  });
  return { name, requested: add("requested"), offered: add("offered") };
}

/** From 0 to 1 and, where nodes were filled by hand, beyond. */
export function share(requested: number, offered: number): number {
  if (offered > 0) return requested / offered;
  return requested > 0 ? 1 : 0;
}

/** How evenly a cluster is filled, in a few numbers. */
export interface Balance {
  readonly usedNodes: number;
  readonly emptyNodes: number;
  /** Of the fullest node. */
  readonly highestCpuShare: number;
  readonly highestMemoryShare: number;
  /** Standard deviation over the nodes. */
  readonly cpuDeviation: number;
  readonly memoryDeviation: number;
}

export function balanceOf({ nodes }: ClusterUsage): Balance {
  const cpu = nodes.map(({ requested, offered }) => share(requested.milliCpu, offered.milliCpu));
  const memory = nodes.map(({ requested, offered }) => share(requested.memoryBytes, offered.memoryBytes));
  const usedNodes = nodes.filter(({ requested }) => requested.pods > 0).length;
  return {
    usedNodes,
    emptyNodes: nodes.length - usedNodes,
    highestCpuShare: largest(cpu),
    highestMemoryShare: largest(memory),
    cpuDeviation: deviation(cpu),
    memoryDeviation: deviation(memory),
  };
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function deviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
