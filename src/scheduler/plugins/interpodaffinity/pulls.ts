/** Wishes to be near pods or away from them, those of the pod and those of placed pods about it, as a score. */

import type { Mark } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { DomainCounts } from "../../snapshot/topology/domain-counts.ts";
import type { CarriedTerm } from "../../snapshot/topology/carried-terms.ts";
import { termsOf } from "../../snapshot/topology/pod-terms.ts";
import { podsAbout } from "./affinity-demands.ts";

export interface InterPodAffinityArgs {
  /** What a required affinity of a placed pod is worth to the pods that it wants near. */
  readonly hardPodAffinityWeight: number;
  /** Of pods without wishes of their own, those of others do not count either. */
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

/** What each of the pods counted in a domain adds to the score of its nodes; below zero it pushes away. */
export interface Pull {
  readonly domains: DomainCounts;
  readonly weight: number;
}

export function pullsOf(pod: PodInfo, cluster: Cluster, args: InterPodAffinityArgs): readonly Pull[] {
  const { topology } = cluster;
  const { wishes } = termsOf(pod.object);
  if (args.ignorePreferredTermsOfExistingPods && wishes.length === 0) return [];
  const weightOf = ({ as, weight }: CarriedTerm): number =>
    as === "wish" ? weight : as === "near" ? args.hardPodAffinityWeight : 0;
  return [
    ...wishes.map(({ term, weight }) => ({
      domains: podsAbout([term], cluster).domains(topology.key(term.topologyKey)),
      weight,
    })),
    ...topology
      .termsAbout(pod)
      .filter((carried) => weightOf(carried) !== 0)
      .map((carried) => ({
        domains: carried.carriers.domains(topology.key(carried.term.topologyKey)),
        weight: weightOf(carried),
      })),
  ];
}

export function scorePulls(pulls: readonly Pull[], row: number): number {
  let sum = 0;
  for (let index = 0; index < pulls.length; index++) {
    const { domains, weight } = pulls[index] as Pull;
    if (domains.key.idOf(row) !== 0) sum += weight * domains.ofRow(row);
  }
  return sum;
}

export function pullMarks(pulls: readonly Pull[]): readonly Mark[] {
  const coarse = new Set(pulls.map(({ domains }) => domains.key).filter(({ isFine }) => !isFine));
  const fine = pulls.filter(({ domains }) => domains.key.isFine);
  return [
    ...[...coarse].map(
      (key): Mark =>
        (row) =>
          key.idOf(row),
    ),
    ...(fine.length === 0 ? [] : [(row: number) => scorePulls(fine, row)]),
  ];
}
