/**
 * The predicates and priorities of OpenShift v3 and of the Kubernetes of its days, by the names that policy files
 * call them. Predicates run in this order whatever the order in the file, as they did then; priorities score from 0
 * to 10.
 */

import { MAX_NODE_SCORE, type Plugin } from "../framework/plugin.ts";
import { equalPriority } from "../plugins/equalpriority/equalpriority.ts";
import { imageLocality } from "../plugins/imagelocality/imagelocality.ts";
import { nodeAffinity } from "../plugins/nodeaffinity/nodeaffinity.ts";
import {
  balancedResourcePriority,
  leastRequestedPriority,
  MAX_PRIORITY,
  mostRequestedPriority,
} from "../plugins/requestedpriority/requestedpriority.ts";
import { selectorSpread, spreadKinds } from "../plugins/selectorspread/selectorspread.ts";
import { scaledTaintToleration } from "../plugins/tainttoleration/tainttoleration.ts";

/** What a predicate is here: the filters of these plugins. */
export const predicates: ReadonlyMap<string, readonly string[]> = new Map([
  ["CheckNodeUnschedulable", ["NodeUnschedulable"]],
  ["GeneralPredicates", ["NodeName", "NodePorts", "NodeAffinity", "NodeResourcesFit"]],
  ["HostName", ["NodeName"]],
  ["PodFitsHostPorts", ["NodePorts"]],
  ["PodFitsPorts", ["NodePorts"]],
  ["MatchNodeSelector", ["NodeAffinity"]],
  ["PodFitsResources", ["NodeResourcesFit"]],
  ["NoDiskConflict", ["VolumeRestrictions"]],
  ["PodToleratesNodeTaints", ["TaintToleration"]],
  ["PodToleratesNodeNoExecuteTaints", ["TaintToleration"]],
  ["MaxEBSVolumeCount", ["NodeVolumeLimits"]],
  ["MaxGCEPDVolumeCount", ["NodeVolumeLimits"]],
  ["MaxAzureDiskVolumeCount", ["NodeVolumeLimits"]],
  ["MaxCinderVolumeCount", ["NodeVolumeLimits"]],
  ["MaxCSIVolumeCountPred", ["NodeVolumeLimits"]],
  ["CheckVolumeBinding", ["VolumeBinding"]],
  ["NoVolumeZoneConflict", ["VolumeZone"]],
  ["EvenPodsSpread", ["PodTopologySpread"]],
  ["MatchInterPodAffinity", ["InterPodAffinity"]],
]);

/** Those that looked at conditions of nodes: today the taints of those conditions say the same. */
export const conditionPredicates: readonly string[] = [
  "CheckNodeCondition",
  "CheckNodeMemoryPressure",
  "CheckNodeDiskPressure",
  "CheckNodePIDPressure",
];

/** They count whatever the file says: a cordoned or tainted node takes no pods. */
export const mandatoryPredicates: readonly string[] = ["CheckNodeUnschedulable", "PodToleratesNodeTaints"];

/** OpenShift v3's own, for a file that says nothing of predicates. */
export const defaultPredicates: readonly string[] = [
  "PodFitsHostPorts",
  "PodFitsResources",
  "NoDiskConflict",
  "MatchNodeSelector",
  "HostName",
];

/** OpenShift v3's own, for a file that says nothing of priorities. */
export const defaultPriorities: readonly string[] = ["LeastRequestedPriority", "BalancedResourceAllocation"];

/** Priorities without an argument, made anew for each profile. */
export const ownPriorities: ReadonlyMap<string, () => Plugin> = new Map<string, () => Plugin>([
  ["LeastRequestedPriority", () => leastRequestedPriority],
  ["MostRequestedPriority", () => mostRequestedPriority],
  ["BalancedResourceAllocation", () => balancedResourcePriority],
  ["SelectorSpreadPriority", () => spreadPriority("SelectorSpreadPriority", spreadKinds)],
  ["ServiceSpreadingPriority", () => spreadPriority("ServiceSpreadingPriority", ["Service"])],
  ["EqualPriority", () => equalPriority],
  ["NodeAffinityPriority", () => tenthOf(nodeAffinity())],
  ["TaintTolerationPriority", () => scaledTaintToleration(MAX_PRIORITY)],
  ["ImageLocalityPriority", () => tenthOf(imageLocality)],
]);

function spreadPriority(name: string, kinds: readonly string[]): Plugin {
  return selectorSpread({ name, kinds, maxScore: MAX_PRIORITY });
}

/** Priorities that are the score of a plugin of today, brought down to 0 to 10. */
export const priorityPlugins: ReadonlyMap<string, string> = new Map([
  ["InterPodAffinityPriority", "InterPodAffinity"],
  ["EvenPodsSpreadPriority", "PodTopologySpread"],
]);

const TENTHS = MAX_NODE_SCORE / MAX_PRIORITY;

/** Exact for scores that are cut, because cutting twice is cutting once. */
export function tenthOf<F, S>(plugin: Plugin<F, S>): Plugin<F, S> {
  if (plugin.normalize !== undefined) {
    return {
      ...plugin,
      normalize: (raw, bounds) => Math.trunc((plugin.normalize?.(raw, bounds) ?? raw) / TENTHS),
    };
  }
  return {
    ...plugin,
    score: (state, row, cluster) => Math.trunc((plugin.score?.(state, row, cluster) ?? 0) / TENTHS),
  };
}
