/** Random policy files of OpenShift v3, each with the rules of the oracle that say the same. */

import { readSchedulerConfig } from "../../policy/read-config.ts";
import type { WeightedRule } from "../oracle/ask.ts";
import {
  nodeAffinity,
  nodeName,
  nodePorts,
  nodeUnschedulable,
  taintToleration,
} from "../oracle/node-rules.ts";
import {
  balancedPriority,
  equalPriority,
  imageLocalityPriority,
  labelPreference,
  labelsPresence,
  leastRequestedPriority,
  mostRequestedPriority,
  nodeAffinityPriority,
  selectorSpread,
  serviceAffinity,
  serviceAntiAffinity,
  taintTolerationPriority,
} from "../oracle/policy-rules.ts";
import { nodeResourcesFit } from "../oracle/resource-rules.ts";
import { nodeVolumeLimits, volumeBinding, volumeRestrictions, volumeZone } from "../oracle/volume-rules.ts";
import type { Rule } from "../oracle/world.ts";
import type { Dice } from "../random/dice.ts";
import { zoneKey } from "../random/words.ts";
import type { Setup } from "./setups.ts";

/** In the order in which they are asked, whatever the order in the file. */
const predicates: readonly (readonly [name: string, rule: Rule])[] = [
  ["CheckNodeUnschedulable", nodeUnschedulable],
  ["HostName", nodeName],
  ["PodFitsPorts", nodePorts],
  ["MatchNodeSelector", nodeAffinity()],
  ["PodFitsResources", nodeResourcesFit()],
  ["NoDiskConflict", volumeRestrictions],
  ["PodToleratesNodeTaints", taintToleration],
  ["MaxCSIVolumeCountPred", nodeVolumeLimits],
  ["CheckVolumeBinding", volumeBinding],
  ["NoVolumeZoneConflict", volumeZone],
];
const always = ["CheckNodeUnschedulable", "PodToleratesNodeTaints"];

const priorities: readonly Rule[] = [
  leastRequestedPriority,
  mostRequestedPriority,
  balancedPriority,
  equalPriority,
  nodeAffinityPriority,
  taintTolerationPriority,
  imageLocalityPriority,
  selectorSpread("ServiceSpreadingPriority", ["Service"]),
  selectorSpread("SelectorSpreadPriority", ["Service", "ReplicationController", "ReplicaSet", "StatefulSet"]),
];

interface Part {
  readonly document: object;
  readonly rule: Rule;
  readonly weight: number;
}

export function randomPolicy(dice: Dice): Setup {
  const named = predicates.filter(([name]) => always.includes(name) || dice.chance(0.7));
  const rules: Part[] = named.map(([name, rule]) => ({
    document: { name },
    rule: { ...withoutScore(rule), name },
    weight: 0,
  }));
  rules.push(...customRules(dice));
  const scores: Part[] = dice.some(priorities, 0.5).map((rule) => {
    const weight = dice.between(1, 3);
    return { document: { name: rule.name, weight }, rule, weight };
  });
  scores.push(...customScores(dice));
  const policy = {
    kind: "Policy",
    apiVersion: "v1",
    predicates: rules.map(({ document }) => document),
    priorities: scores.map(({ document }) => document),
  };
  const [profile] = readSchedulerConfig(JSON.stringify(policy)).profiles;
  if (profile === undefined) throw new Error("a policy without a profile");
  const weighted = [...rules, ...scores].map(({ rule, weight }): WeightedRule => ({ rule, weight }));
  return { profile, rules: weighted };
}

function withoutScore({ score: _score, ...rule }: Rule): Rule {
  return rule;
}

function customRules(dice: Dice): Part[] {
  const parts: Part[] = [];
  if (dice.chance(0.4)) {
    const labels = dice.chance(0.5) ? ["rack"] : ["rack", "generation"];
    const presence = dice.chance(0.7);
    const document = { name: "Racked", argument: { labelsPresence: { labels, presence } } };
    parts.push({ document, rule: labelsPresence("Racked", labels, presence), weight: 0 });
  }
  if (dice.chance(0.5)) {
    const labels = dice.chance(0.5) ? [zoneKey] : ["rack", "generation"];
    const document = { name: "Together", argument: { serviceAffinity: { labels } } };
    parts.push({ document, rule: serviceAffinity("Together", labels), weight: 0 });
  }
  return parts;
}

function customScores(dice: Dice): Part[] {
  const parts: Part[] = [];
  const weight = dice.between(1, 3);
  if (dice.chance(0.5)) {
    const label = dice.pick([zoneKey, "rack"]);
    const document = { name: "Apart", weight, argument: { serviceAntiAffinity: { label } } };
    parts.push({ document, rule: serviceAntiAffinity("Apart", label), weight });
  }
  if (dice.chance(0.5)) {
    const presence = dice.chance(0.5);
    const document = {
      name: "New",
      weight,
      argument: { labelPreference: { label: "generation", presence } },
    };
    parts.push({ document, rule: labelPreference("New", "generation", presence), weight });
  }
  return parts;
}
