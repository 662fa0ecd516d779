/** Constraints that are demands, with the pods that they count. */

import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { DomainCounts } from "../../snapshot/topology/domain-counts.ts";
import type { Constraint } from "./constraints.ts";
import { countedNodes, countedPods } from "./counted.ts";

export interface Demand {
  readonly constraint: Constraint;
  readonly domains: DomainCounts;
}

export function demandsOf(
  constraints: readonly Constraint[],
  pod: PodInfo,
  cluster: Cluster,
): readonly Demand[] {
  const keys = constraints.map(({ topologyKey }) => topologyKey);
  return constraints.map((constraint) => ({
    constraint,
    domains: countedPods(constraint.selector, pod.namespace, cluster).domains(
      cluster.topology.key(constraint.topologyKey),
      countedNodes(constraint, keys, pod, cluster),
    ),
  }));
}

/** The first that the node does not meet. */
export function firstNo(demands: readonly Demand[], row: number): Demand | undefined {
  for (let index = 0; index < demands.length; index++) {
    const demand = demands[index] as Demand;
    if (isMissing(demand, row) || skewOn(demand, row) > demand.constraint.maxSkew) return demand;
  }
  return undefined;
}

export function isMissing({ domains }: Demand, row: number): boolean {
  return domains.key.idOf(row) === 0;
}

/** By how many pods the domain of the node would be ahead of the emptiest one. */
export function skewOn({ constraint, domains }: Demand, row: number): number {
  return domains.ofRow(row) + (constraint.countsSelf ? 1 : 0) - leastOf(constraint, domains);
}

/** With fewer domains than there are to be, one that is to come is empty. */
export function leastOf({ minDomains }: Constraint, domains: DomainCounts): number {
  return domains.size < minDomains ? 0 : domains.least;
}
