/** What has to hold between a pod and those that are there, with the pods counted by domain. */

import type { Mark } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { DomainCounts } from "../../snapshot/topology/domain-counts.ts";
import { isAbout, ownerOf, termsOf, type PodTerm } from "../../snapshot/topology/pod-terms.ts";
import type { Population } from "../../snapshot/topology/population.ts";

export interface CountedTerm {
  readonly term: PodTerm;
  readonly domains: DomainCounts;
}

export interface AffinityDemands {
  readonly pod: PodInfo;
  /** Of required affinity: the domains of each term, with the pods that all of the terms are about. */
  readonly affinity: readonly CountedTerm[];
  /** Whether the terms are about the pod itself, so that it may be the first of them. */
  readonly wantsItself: boolean;
  /** Of required anti-affinity: the pods that each term is about. */
  readonly anti: readonly CountedTerm[];
  /** Required anti-affinity of placed pods that is about the pod: those that have it. */
  readonly theirs: readonly CountedTerm[];
}

export const AFFINITY = 1;
export const ANTI = 2;
const THEIRS = 3;

/** Undefined when nothing has to hold. */
export function demandsOf(pod: PodInfo, cluster: Cluster): AffinityDemands | undefined {
  const { topology } = cluster;
  const { affinity, antiAffinity } = termsOf(pod.object);
  const theirs = topology.termsAbout(pod).filter((carried) => carried.as === "apart");
  if (affinity.length + antiAffinity.length + theirs.length === 0) return undefined;
  const count = (term: PodTerm, pods: Population): CountedTerm => ({
    term,
    domains: pods.domains(topology.key(term.topologyKey)),
  });
  const owner = ownerOf(pod.object);
  return {
    pod,
    affinity: affinity.map((term) => count(term, podsAbout(affinity, cluster))),
    wantsItself: affinity.every((term) => isAbout(term, owner, (name) => topology.labelsOfNamespace(name))),
    anti: antiAffinity.map((term) => count(term, podsAbout([term], cluster))),
    theirs: theirs.map(({ term, carriers }) => count(term, carriers)),
  };
}

/** The pods that all of the terms are about. */
export function podsAbout(terms: readonly PodTerm[], { topology }: Cluster): Population {
  return topology.selected({
    text: `about ${terms.map(({ about }) => about).join(" and ")}`,
    usesNamespaceLabels: terms.some(({ namespaceSelector }) => namespaceSelector !== undefined),
    selects: (owner) =>
      terms.every((term) => isAbout(term, owner, (name) => topology.labelsOfNamespace(name))),
  });
}

export function noOf({ affinity, wantsItself, anti, theirs }: AffinityDemands, row: number): number {
  if (affinity.length > 0 && !hasWanted(affinity, row) && !isFirst(affinity, wantsItself, row))
    return AFFINITY;
  if (hasAny(anti, row)) return ANTI;
  return hasAny(theirs, row) ? THEIRS : 0;
}

function hasWanted(terms: readonly CountedTerm[], row: number): boolean {
  for (let index = 0; index < terms.length; index++) if (!has(terms[index] as CountedTerm, row)) return false;
  return true;
}

/** Pods that want each other need a first one: while there is none, any node with the labels will do. */
function isFirst(terms: readonly CountedTerm[], wantsItself: boolean, row: number): boolean {
  return wantsItself && terms.every(({ domains }) => domains.total === 0 && domains.key.idOf(row) !== 0);
}

export function has({ domains }: CountedTerm, row: number): boolean {
  return domains.key.idOf(row) !== 0 && domains.ofRow(row) > 0;
}

function hasAny(terms: readonly CountedTerm[], row: number): boolean {
  for (let index = 0; index < terms.length; index++) if (has(terms[index] as CountedTerm, row)) return true;
  return false;
}

/** Which domain, where there are few; whether it has such pods, where there are many. */
export function marksOf({ affinity, anti, theirs }: AffinityDemands): readonly Mark[] {
  const all = [...affinity, ...anti, ...theirs].map(({ domains }) => domains.key);
  const coarse = new Set(all.filter(({ isFine }) => !isFine));
  const isFine = ({ domains }: CountedTerm): boolean => domains.key.isFine;
  const fine = affinity.filter(isFine).map((term): Mark => (row) => {
    return term.domains.key.idOf(row) === 0 ? -1 : has(term, row) ? 1 : 0;
  });
  const [mine, others] = [anti.filter(isFine), theirs.filter(isFine)];
  const apart: Mark = (row) => (hasAny(mine, row) ? 1 : hasAny(others, row) ? 2 : 0);
  return [
    ...[...coarse].map(
      (key): Mark =>
        (row) =>
          key.idOf(row),
    ),
    ...fine,
    ...(mine.length + others.length === 0 ? [] : [apart]),
  ];
}
