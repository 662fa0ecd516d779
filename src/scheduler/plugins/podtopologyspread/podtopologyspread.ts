/**
 * Pods that belong together are spread evenly over zones, hosts or other domains of nodes: as a demand (a node whose
 * domain would get too many of them takes no more) or as a wish (domains with fewer of them score higher).
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */

import type { ClusterEvent } from "../../framework/events.ts";
import type { Plugin } from "../../framework/plugin.ts";
import { proceed, skip } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import {
  hostnameKey,
  ownConstraints,
  ownerKinds,
  placeText,
  rulesOf,
  shareKeyOf,
  type SpreadDefaults,
} from "./constraints.ts";
import { isCounted } from "./counted.ts";
import { demandsOf, firstNo, isMissing, type Demand } from "./demands.ts";
import { missing, tooMany } from "./spread-reasons.ts";
import {
  normalizeSpread,
  scoreSpread,
  spreadMarks,
  surveySpread,
  wishesOf,
  type SpreadWishes,
} from "./wishes.ts";

export const systemDefaults: SpreadDefaults = {
  constraints: [
    { maxSkew: 3, topologyKey: hostnameKey, whenUnsatisfiable: "ScheduleAnyway" },
    { maxSkew: 5, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
  ],
  areSystem: true,
};

export interface SpreadState {
  readonly pod: PodInfo;
  readonly demands: readonly Demand[];
}

const MISSING = 1;
const SKEWED = 2;

export function podTopologySpread(
  defaults: SpreadDefaults = systemDefaults,
): Plugin<SpreadState, SpreadWishes> {
  return {
    name: "PodTopologySpread",
    policyName: "EvenPodsSpread",
    related: ownerKinds,
    shareKey: (pod) => shareKeyOf(pod, defaults),
    standing: (pod, cluster) => {
      const rules = rulesOf(pod, cluster, defaults);
      if (rules.demands.length + rules.wishes.length === 0) return "";
      return `${pod.namespace}${JSON.stringify(rules)}${placeText(pod)}`;
    },

    preFilter: (pod, cluster) => {
      const { demands } = rulesOf(pod, cluster, defaults);
      return demands.length === 0 ? skip : proceed({ pod, demands: demandsOf(demands, pod, cluster) });
    },
    marks: ({ demands }) =>
      demands.map(({ domains }) => {
        const { key } = domains;
        return key.isFine ? (row) => (key.idOf(row) === 0 ? -1 : domains.ofRow(row)) : (row) => key.idOf(row);
      }),
    filter: ({ demands }, row) => {
      const no = firstNo(demands, row);
      return no === undefined ? 0 : isMissing(no, row) ? MISSING : SKEWED;
    },
    reasons: ({ pod, demands }, detail, at) => {
      const no = at && firstNo(demands, at.row);
      return [detail === MISSING ? missing(no) : tooMany(pod, no, at)];
    },

    preScore: (pod, cluster) => {
      const rules = rulesOf(pod, cluster, defaults);
      return rules.wishes.length === 0 ? skip : proceed(wishesOf(rules, pod, cluster));
    },
    scoreMarks: spreadMarks,
    survey: surveySpread,
    score: scoreSpread,
    normalize: normalizeSpread,

    hint: (event, pod, cluster) => couldHelp(event, pod, { cluster, defaults }),
  };
}

function couldHelp(
  event: ClusterEvent,
  pod: PodInfo,
  { cluster, defaults }: { readonly cluster: Cluster; readonly defaults: SpreadDefaults },
): boolean {
  const isOwn = ownConstraints(pod).length > 0;
  const given = isOwn ? ownConstraints(pod) : defaults.constraints;
  if (given.every(({ whenUnsatisfiable }) => whenUnsatisfiable === "ScheduleAnyway")) return false;
  switch (event.type) {
    case "NodeAdded":
      return true;
    case "NodeRemoved":
      return given.every(({ topologyKey }) => event.node.metadata.labels?.[topologyKey] !== undefined);
    case "NodeChanged":
      return (event.aspects & (nodeAspect.labels | nodeAspect.taints)) !== 0;
    case "RelatedChanged":
      return !isOwn && event.object.metadata.namespace === pod.namespace;
    case "PodAdded":
    case "PodRemoved":
      return rulesOf(pod, cluster, defaults).demands.some(({ selector }) =>
        isCounted(selector, pod, event.pod),
      );
  }
}
