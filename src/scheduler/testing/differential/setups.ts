/** Plugins with random arguments, each with the rule of the oracle that says the same. */

import type { Plugin } from "../../framework/plugin.ts";
import { createProfile, type Profile } from "../../framework/profile.ts";
import { makeWith } from "../../policy/plugin-factory.ts";
import { builtinPlugins, defaultPlugins } from "../../policy/registry.ts";
import type { WeightedRule } from "../oracle/ask.ts";
import { imageLocality } from "../oracle/image-locality.ts";
import { interPodAffinity } from "../oracle/inter-pod-affinity.ts";
import {
  nodeAffinity,
  nodeName,
  nodePorts,
  nodeUnschedulable,
  taintToleration,
} from "../oracle/node-rules.ts";
import { podTopologySpread, systemDefaults } from "../oracle/pod-topology-spread.ts";
import {
  balancedAllocation,
  cpuAndMemory,
  nodeResourcesFit,
  type ShapePoint,
  type Strategy,
  type WeightedResource,
} from "../oracle/resource-rules.ts";
import { nodeVolumeLimits, volumeBinding, volumeRestrictions, volumeZone } from "../oracle/volume-rules.ts";
import type { Rule } from "../oracle/world.ts";
import { Dice } from "../random/dice.ts";
import { randomNodeAffinity } from "../random/random-pod.ts";
import { extended, hostnameKey, zoneKey } from "../random/words.ts";

interface Pair {
  /** As in `pluginConfig` of a KubeSchedulerConfiguration. */
  readonly args: object;
  readonly rule: Rule;
}

type MakePair = (dice: Dice) => Pair;

const plain =
  (rule: Rule): MakePair =>
  () => ({ args: {}, rule });

const pairs: Readonly<Record<string, MakePair>> = {
  NodeUnschedulable: plain(nodeUnschedulable),
  NodeName: plain(nodeName),
  TaintToleration: plain(taintToleration),
  NodeAffinity: randomAffinityPair,
  NodePorts: plain(nodePorts),
  NodeResourcesFit: randomFit,
  VolumeRestrictions: plain(volumeRestrictions),
  NodeVolumeLimits: plain(nodeVolumeLimits),
  VolumeBinding: plain(volumeBinding),
  VolumeZone: plain(volumeZone),
  PodTopologySpread: randomSpread,
  InterPodAffinity: randomInterPod,
  NodeResourcesBalancedAllocation: randomBalanced,
  ImageLocality: plain(imageLocality),
};

export interface Setup {
  readonly profile: Profile;
  readonly rules: readonly WeightedRule[];
}

const wide = ["PodTopologySpread", "InterPodAffinity"];

/** With the arguments of kube-scheduler, or half of the times with random ones. */
export function randomSetup(dice: Dice): Setup {
  const isUsual = dice.chance(0.5);
  const isFirst = dice.chance(0.15);
  const plugins: { plugin: Plugin; weight: number }[] = [];
  const rules: WeightedRule[] = [];
  for (const { name, weight: usualWeight } of defaultPlugins) {
    const makePair = pairs[name];
    const factory = builtinPlugins.find((each) => each.name === name);
    if (makePair === undefined || factory === undefined) continue;
    const weight = isUsual ? usualWeight : dice.between(0, 4);
    const { args, rule } = isUsual ? usualPair(name, makePair, dice) : makePair(dice);
    // Now and then first what looks beyond the node, which is last otherwise.
    const put = isFirst && wide.includes(name) ? "unshift" : "push";
    plugins[put]({ plugin: makeWith(factory, args), weight });
    rules[put]({ rule, weight });
  }
  return { profile: createProfile("default-scheduler", plugins), rules };
}

const usual: Readonly<Record<string, Rule>> = {
  NodeAffinity: nodeAffinity(),
  NodeResourcesFit: nodeResourcesFit(),
  PodTopologySpread: podTopologySpread(),
  InterPodAffinity: interPodAffinity(),
  NodeResourcesBalancedAllocation: balancedAllocation(),
};

function usualPair(name: string, makePair: MakePair, dice: Dice): Pair {
  const rule = usual[name];
  return rule === undefined ? makePair(dice) : { args: {}, rule };
}

function randomAffinityPair(dice: Dice): Pair {
  const addedAffinity = dice.maybe(0.4, () => randomNodeAffinity(dice));
  return { args: addedAffinity === undefined ? {} : { addedAffinity }, rule: nodeAffinity(addedAffinity) };
}

function randomResources(dice: Dice): WeightedResource[] {
  const names = dice.some(["cpu", "memory", "ephemeral-storage", extended], 0.6);
  return names.length === 0 ? [...cpuAndMemory] : names.map((name) => ({ name, weight: dice.between(1, 5) }));
}

function randomFit(dice: Dice): Pair {
  const type = dice.pick(["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]);
  const shape: ShapePoint[] = dice
    .some([0, 20, 50, 90, 100])
    .map((utilization) => ({ utilization, score: dice.between(0, 10) }));
  if (shape.length === 0) shape.push({ utilization: 30, score: 7 });
  const strategy: Strategy = { type, resources: randomResources(dice), shape };
  const ignoredResources = dice.some([extended], 0.3);
  const ignoredResourceGroups = dice.some(["example.com"], 0.1);
  const { resources } = strategy;
  const ratio = type === "RequestedToCapacityRatio" ? { requestedToCapacityRatio: { shape } } : {};
  const scoringStrategy = { type, resources, ...ratio };
  return {
    args: { ignoredResources, ignoredResourceGroups, scoringStrategy },
    rule: nodeResourcesFit({ strategy, ignoredResources, ignoredResourceGroups }),
  };
}

function randomBalanced(dice: Dice): Pair {
  const resources = randomResources(dice).map(({ name }) => ({ name, weight: 1 }));
  return { args: { resources }, rule: balancedAllocation(resources) };
}

function randomSpread(dice: Dice): Pair {
  if (dice.chance(0.3)) {
    return { args: { defaultingType: "System" }, rule: podTopologySpread(systemDefaults) };
  }
  const keys = dice.some([hostnameKey, zoneKey, "rack"]);
  const defaultConstraints = keys.map((topologyKey) => ({
    maxSkew: dice.between(1, 2),
    topologyKey,
    whenUnsatisfiable: dice.pick(["DoNotSchedule", "ScheduleAnyway"]),
  }));
  return {
    args: { defaultingType: "List", defaultConstraints },
    rule: podTopologySpread({ defaultConstraints, systemDefaults: false }),
  };
}

function randomInterPod(dice: Dice): Pair {
  const args = {
    hardPodAffinityWeight: dice.pick([0, 1, 1, 50]),
    ignorePreferredTermsOfExistingPods: dice.chance(0.3),
  };
  return { args, rule: interPodAffinity(args) };
}

/** Of the default profile. */
export function usualRules(): readonly WeightedRule[] {
  const dice = new Dice(1);
  return defaultPlugins.flatMap(({ name, weight }) => {
    const makePair = pairs[name];
    return makePair === undefined ? [] : [{ rule: usualPair(name, makePair, dice).rule, weight }];
  });
}
