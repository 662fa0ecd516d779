/**
 * All plugins that there are, by name, and which of them decide when nothing else is said: those of kube-scheduler
 * in its order and with its weights. A new plugin has a line in both.
 */

import { balancedAllocation } from "../plugins/balancedallocation/balancedallocation.ts";
import { coscheduling } from "../plugins/coscheduling/coscheduling.ts";
import { defaultPreemption } from "../plugins/defaultpreemption/defaultpreemption.ts";
import { imageLocality } from "../plugins/imagelocality/imagelocality.ts";
import { interPodAffinity } from "../plugins/interpodaffinity/interpodaffinity.ts";
import { nodeAffinity } from "../plugins/nodeaffinity/nodeaffinity.ts";
import { nodeName } from "../plugins/nodename/nodename.ts";
import { nodePorts } from "../plugins/nodeports/nodeports.ts";
import { nodeRealLoad } from "../plugins/noderealload/noderealload.ts";
import { nodeResourcesFit } from "../plugins/noderesourcesfit/noderesourcesfit.ts";
import { nodeUnschedulable } from "../plugins/nodeunschedulable/nodeunschedulable.ts";
import { nodeVolumeLimits } from "../plugins/nodevolumelimits/nodevolumelimits.ts";
import { podTopologySpread } from "../plugins/podtopologyspread/podtopologyspread.ts";
import { selectorSpread } from "../plugins/selectorspread/selectorspread.ts";
import { taintToleration } from "../plugins/tainttoleration/tainttoleration.ts";
import { volumeBinding } from "../plugins/volumebinding/volumebinding.ts";
import { volumeRestrictions } from "../plugins/volumerestrictions/volumerestrictions.ts";
import { volumeZone } from "../plugins/volumezone/volumezone.ts";
import {
  affinityArgs,
  affinityOf,
  balancedArgs,
  balancedOf,
  bindingOf,
  checkBalancedArgs,
  checkFitArgs,
  checkSpreadArgs,
  fitArgs,
  fitOf,
  noArgs,
  nodeAffinityArgs,
  preemptionArgs,
  realLoadArgs,
  realLoadOf,
  spreadArgs,
  spreadOf,
  volumeBindingArgs,
} from "./plugin-args.ts";
import { plainPlugin, pluginFactory, type PluginFactory } from "./plugin-factory.ts";

export const builtinPlugins: readonly PluginFactory[] = [
  plainPlugin(nodeUnschedulable),
  plainPlugin(nodeName),
  plainPlugin(taintToleration),
  pluginFactory("NodeAffinity", { args: nodeAffinityArgs, make: nodeAffinity }),
  plainPlugin(nodePorts),
  pluginFactory("NodeResourcesFit", {
    args: fitArgs,
    check: checkFitArgs,
    make: (args) => nodeResourcesFit(fitOf(args)),
  }),
  plainPlugin(volumeRestrictions),
  plainPlugin(nodeVolumeLimits),
  pluginFactory("VolumeBinding", { args: volumeBindingArgs, make: (args) => volumeBinding(bindingOf(args)) }),
  plainPlugin(volumeZone),
  pluginFactory("PodTopologySpread", {
    args: spreadArgs,
    check: checkSpreadArgs,
    make: (args) => podTopologySpread(spreadOf(args)),
  }),
  pluginFactory("InterPodAffinity", {
    args: affinityArgs,
    make: (args) => interPodAffinity(affinityOf(args)),
  }),
  plainPlugin(coscheduling),
  pluginFactory("DefaultPreemption", { args: preemptionArgs, make: () => defaultPreemption() }),
  pluginFactory("NodeResourcesBalancedAllocation", {
    args: balancedArgs,
    check: checkBalancedArgs,
    make: (args) => balancedAllocation(balancedOf(args)),
  }),
  plainPlugin(imageLocality),
  pluginFactory("SelectorSpread", { args: noArgs, make: () => selectorSpread() }),
  pluginFactory("NodeRealLoad", { args: realLoadArgs, make: (args) => nodeRealLoad(realLoadOf(args)) }),
];

export interface WeightedName {
  readonly name: string;
  /** Of its score. */
  readonly weight: number;
}

/** Filters run in this order and the first "no" counts: cheap and telling ones come first. */
export const defaultPlugins: readonly WeightedName[] = [
  { name: "NodeUnschedulable", weight: 1 },
  { name: "NodeName", weight: 1 },
  { name: "TaintToleration", weight: 3 },
  { name: "NodeAffinity", weight: 2 },
  { name: "NodePorts", weight: 1 },
  { name: "NodeResourcesFit", weight: 1 },
  { name: "VolumeRestrictions", weight: 1 },
  { name: "NodeVolumeLimits", weight: 1 },
  { name: "VolumeBinding", weight: 1 },
  { name: "VolumeZone", weight: 1 },
  { name: "PodTopologySpread", weight: 2 },
  { name: "InterPodAffinity", weight: 2 },
  { name: "Coscheduling", weight: 1 },
  { name: "DefaultPreemption", weight: 1 },
  { name: "NodeResourcesBalancedAllocation", weight: 1 },
  { name: "ImageLocality", weight: 1 },
];

/** What kube-scheduler has as plugins and the queue and the binder do here, whatever the configuration says. */
export const alwaysOn: readonly string[] = ["SchedulingGates", "PrioritySort", "DefaultBinder"];

/** Plugins of kube-scheduler whose work other plugins do here, or whose objects Nagi does not have. */
export const absent: ReadonlyMap<string, string> = new Map([
  ["EBSLimits", "NodeVolumeLimits does its work"],
  ["GCEPDLimits", "NodeVolumeLimits does its work"],
  ["AzureDiskLimits", "NodeVolumeLimits does its work"],
  ["CinderLimits", "NodeVolumeLimits does its work"],
  ["DynamicResources", "resource claims are not known here"],
  ["NodeDeclaredFeatures", "declared features of nodes are not known here"],
  ["GangScheduling", "Coscheduling does its work, with pod groups of scheduling.x-k8s.io"],
]);
