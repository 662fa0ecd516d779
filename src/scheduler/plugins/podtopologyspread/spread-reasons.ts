/** What PodTopologySpread says of a node, with the numbers behind it. */

import type { Reason } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { holdersIn } from "../interpodaffinity/holders.ts";
import { isCounted, selectorText } from "./counted.ts";
import { leastOf, skewOn, type Demand } from "./demands.ts";

export const reasonSkew = "node(s) didn't match pod topology spread constraints";
export const reasonMissing = `${reasonSkew} (missing required label)`;

const MAX_DOMAINS = 8;

export function missing(demand: Demand | undefined): Reason {
  const detail = demand && `the node has no label ${demand.constraint.topologyKey}`;
  return { text: reasonMissing, detail, resolvable: false };
}

export function tooMany(
  pod: PodInfo,
  demand: Demand | undefined,
  at: { readonly row: number; readonly cluster: Cluster } | undefined,
): Reason {
  if (demand === undefined || at === undefined) return { text: reasonSkew, resolvable: true };
  const { constraint, domains } = demand;
  const { topologyKey, maxSkew, selector } = constraint;
  const id = domains.key.idOf(at.row);
  const least = leastOf(constraint, domains);
  const few =
    domains.size < constraint.minDomains ? `, as there are fewer than ${constraint.minDomains}` : "";
  return {
    text: reasonSkew,
    detail:
      `${topologyKey}=${domains.key.valueOf(id)} has ${domains.ofRow(at.row)} pods with ${selectorText(selector)}, ` +
      `the emptiest domain ${least}${few}; with this pod the skew would be ${skewOn(demand, at.row)}, ` +
      `allowed ${maxSkew} (${countsText(demand)})`,
    holders: holdersIn(domains.key, id, at.cluster, (other) => isCounted(selector, pod, other)),
    resolvable: true,
  };
}

/** The fullest first. */
function countsText({ domains }: Demand): string {
  const { key } = domains;
  const all = Array.from({ length: key.room - 1 }, (_, index) => index + 1);
  const texts = all
    .filter((id) => domains.has(id))
    .sort((a, b) => domains.of(b) - domains.of(a))
    .map((id) => `${key.valueOf(id)} ${domains.of(id)}`);
  const more = texts.length > MAX_DOMAINS ? `, and ${texts.length - MAX_DOMAINS} more` : "";
  return `${texts.slice(0, MAX_DOMAINS).join(", ")}${more}`;
}
