/**
 * Pods that want to be, or not to be, in the domain (zone, rack, host) where other pods are: as a demand of the pod, as a
 * demand of the pods that are there already, and as wishes of both.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */

import type { ClusterEvent } from "../../framework/events.ts";
import type { Plugin, Reason } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../../framework/plugin.ts";
import { nodeAspect, type Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { textOf } from "../../snapshot/text-of.ts";
import { isAbout, ownerOf, termsOf } from "../../snapshot/topology/pod-terms.ts";
import { affinityReason, ownReason, theirReason } from "./affinity-reasons.ts";
import { AFFINITY, ANTI, demandsOf, marksOf, noOf, type AffinityDemands } from "./affinity-demands.ts";
import { pullMarks, pullsOf, scorePulls, type InterPodAffinityArgs, type Pull } from "./pulls.ts";

export const usualAffinityArgs: InterPodAffinityArgs = {
  hardPodAffinityWeight: 1,
  ignorePreferredTermsOfExistingPods: false,
};

export function interPodAffinity(
  args: InterPodAffinityArgs = usualAffinityArgs,
): Plugin<AffinityDemands, readonly Pull[]> {
  return {
    name: "InterPodAffinity",
    policyName: "MatchInterPodAffinity",
    related: ["Namespace"],
    /** Anybody's terms may be about any pod. */
    shareKey: (pod) => `${pod.namespace}${textOf(pod.object.metadata.labels ?? noLabels)}${ownText(pod)}`,
    standing: (pod, { topology }) => {
      const own = ownText(pod);
      const about = topology.termsAbout(pod).map(({ id }) => id);
      if (own === "") return about.join();
      // What the terms say, and whether they are about pods like this one, may depend on its labels.
      return `${pod.namespace}${textOf(pod.object.metadata.labels ?? noLabels)}${own}${about.join()}`;
    },

    preFilter: (pod, cluster) => {
      const demands = demandsOf(pod, cluster);
      return demands === undefined ? skip : proceed(demands);
    },
    marks: marksOf,
    filter: noOf,
    reasons: (demands, detail, at): readonly Reason[] => {
      if (detail === AFFINITY) return [affinityReason(demands, at)];
      return [detail === ANTI ? ownReason(demands, at) : theirReason(demands, at)];
    },

    preScore: (pod, cluster) => {
      const pulls = pullsOf(pod, cluster, args);
      return pulls.length === 0 ? skip : proceed(pulls);
    },
    scoreMarks: pullMarks,
    score: scorePulls,
    normalize: (raw, { min, max }) =>
      max === min ? 0 : Math.trunc(MAX_NODE_SCORE * ((raw - min) / (max - min))),

    hint: couldHelp,
  };
}

const noLabels = Object.freeze({});

function ownText({ object }: PodInfo): string {
  const { podAffinity, podAntiAffinity } = object.spec.affinity ?? {};
  let text = "";
  if (podAffinity !== undefined) text += `+${textOf(podAffinity)}`;
  if (podAntiAffinity !== undefined) text += `-${textOf(podAntiAffinity)}`;
  return text;
}

function couldHelp(event: ClusterEvent, pod: PodInfo, cluster: Cluster): boolean {
  switch (event.type) {
    case "NodeAdded":
      return true;
    // A pod that nobody knows to be anywhere may be the first of its group.
    case "NodeRemoved":
    case "RelatedChanged":
      return true;
    case "NodeChanged":
      return (event.aspects & nodeAspect.labels) !== 0;
    case "PodAdded":
      return isWanted(pod, event.pod, cluster);
    case "PodRemoved":
      return isWanted(pod, event.pod, cluster) || keepApart(pod, event.pod, cluster);
  }
}

/** Whether one of the pod's required terms is about the other. */
function isWanted({ object }: PodInfo, other: PodInfo, { topology }: Cluster): boolean {
  const owner = ownerOf(other.object);
  return termsOf(object).affinity.some((term) =>
    isAbout(term, owner, (name) => topology.labelsOfNamespace(name)),
  );
}

/** Whether one of them does not want the other in its domain. */
function keepApart(pod: PodInfo, other: PodInfo, { topology }: Cluster): boolean {
  const labelsOf = (name: string) => topology.labelsOfNamespace(name);
  const [mine, theirs] = [ownerOf(pod.object), ownerOf(other.object)];
  return (
    termsOf(pod.object).antiAffinity.some((term) => isAbout(term, theirs, labelsOf)) ||
    termsOf(other.object).antiAffinity.some((term) => isAbout(term, mine, labelsOf))
  );
}
