/** What InterPodAffinity says of a node, with the pods behind it. */

import { formatSelector } from "../../../model/labels.ts";
import type { Reason } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { isAbout, ownerOf, termsOf, type PodTerm } from "../../snapshot/topology/pod-terms.ts";
import { has, type AffinityDemands, type CountedTerm } from "./affinity-demands.ts";
import { holdersIn } from "./holders.ts";

export const reasonAffinity = "node(s) didn't match pod affinity rules";
export const reasonAnti = "node(s) didn't match pod anti-affinity rules";
export const reasonTheirs = "node(s) didn't satisfy existing pods anti-affinity rules";

type At = { readonly row: number; readonly cluster: Cluster } | undefined;

export function affinityReason({ affinity }: AffinityDemands, at: At): Reason {
  const term = at && affinity.find((each) => !has(each, at.row));
  return { text: reasonAffinity, detail: term && at && wantedText(term, at.row), resolvable: false };
}

function wantedText({ term, domains }: CountedTerm, row: number): string {
  const id = domains.key.idOf(row);
  if (id === 0) return `the node has no label ${term.topologyKey}`;
  const where = placesOf({ term, domains });
  const elsewhere = where === "" ? "there is none on any node" : `they are in ${where}`;
  return `no pod with ${aboutText(term)} in ${term.topologyKey}=${domains.key.valueOf(id)}; ${elsewhere}`;
}

const MAX_PLACES = 5;

function placesOf({ domains }: CountedTerm): string {
  const { key } = domains;
  const ids: number[] = [];
  for (let id = 1; id < key.room; id++) if (domains.of(id) > 0) ids.push(id);
  const names = ids.slice(0, MAX_PLACES).map((id) => key.valueOf(id));
  return ids.length > MAX_PLACES
    ? `${names.join(", ")} and ${ids.length - MAX_PLACES} more`
    : names.join(", ");
}

export function ownReason({ anti }: AffinityDemands, at: At): Reason {
  return apart(reasonAnti, anti, at, ({ term }, cluster) => {
    const text = aboutText(term);
    return {
      say: (count, domain) => `${count} pods with ${text} are in ${domain}, which the pod does not want near`,
      isInTheWay: (other) => isAboutPod(term, other, cluster),
    };
  });
}

export function theirReason({ pod, theirs }: AffinityDemands, at: At): Reason {
  return apart(reasonTheirs, theirs, at, ({ term }, cluster) => ({
    say: (count, domain) => `${count} pods in ${domain} do not want pods with ${aboutText(term)} near`,
    isInTheWay: (other) =>
      termsOf(other.object).antiAffinity.some(
        (each) => each.topologyKey === term.topologyKey && isAboutPod(each, pod, cluster),
      ),
  }));
}

interface Telling {
  readonly say: (count: number, domain: string) => string;
  readonly isInTheWay: (other: PodInfo) => boolean;
}

function apart(
  text: string,
  terms: readonly CountedTerm[],
  at: At,
  telling: (term: CountedTerm, cluster: Cluster) => Telling,
): Reason {
  const counted = at && terms.find((each) => has(each, at.row));
  if (counted === undefined || at === undefined) return { text, resolvable: true };
  const { key } = counted.domains;
  const id = key.idOf(at.row);
  const { say, isInTheWay } = telling(counted, at.cluster);
  return {
    text,
    detail: say(counted.domains.ofRow(at.row), `${key.key}=${key.valueOf(id)}`),
    holders: holdersIn(key, id, at.cluster, isInTheWay),
    resolvable: true,
  };
}

function isAboutPod(term: PodTerm, { object }: PodInfo, { topology }: Cluster): boolean {
  return isAbout(term, ownerOf(object), (name) => topology.labelsOfNamespace(name));
}

/** Namespaces are named where they are not one's own alone. */
function aboutText({ selector, namespaces, namespaceSelector }: PodTerm): string {
  const what = formatSelector(selector) || "any labels";
  const named = namespaces.join(", ");
  const chosen = namespaceSelector && `namespaces with ${formatSelector(namespaceSelector) || "any labels"}`;
  const where = [named, chosen].filter((each) => each !== undefined && each !== "").join(" and ");
  return `${what} of ${where}`;
}
