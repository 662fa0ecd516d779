import type { Node, Taint } from "../oracle/objects.ts";
import type { Dice } from "./dice.ts";
import type { Topics } from "./topics.ts";
import { extended, hostnameKey, images, zoneKey, zones } from "./words.ts";

export function randomNode(dice: Dice, topics: Topics, name: string): Node {
  return {
    metadata: { name, labels: randomLabels(dice, name) },
    spec: {
      unschedulable: topics.has("nodes") && dice.chance(0.15),
      taints: topics.has("nodes") || topics.has("spread") ? dice.list(0, 2, () => randomTaint(dice)) : [],
    },
    status: {
      allocatable: randomOffer(dice, topics),
      images: topics.has("images") ? randomImages(dice) : [],
    },
  };
}

function randomLabels(dice: Dice, name: string): Record<string, string> {
  const labels: Record<string, string> = {};
  if (dice.chance(0.95)) labels[hostnameKey] = name;
  if (dice.chance(0.9)) labels[zoneKey] = dice.pick(zones);
  if (dice.chance(0.8)) labels["rack"] = dice.pick(["1", "2"]);
  if (dice.chance(0.6)) labels["generation"] = dice.pick(["1", "2", "10", "old"]);
  if (dice.chance(0.1)) labels["topology.kubernetes.io/region"] = dice.pick(["east", "west"]);
  return labels;
}

function randomTaint(dice: Dice): Taint {
  return {
    key: dice.pick(["dedicated", "old"]),
    value: dice.maybe(0.6, () => dice.pick(["x", "y"])),
    effect: dice.pick(["NoSchedule", "PreferNoSchedule", "PreferNoSchedule", "NoExecute"]),
  };
}

function randomOffer(dice: Dice, topics: Topics): Record<string, string> {
  const isShort = topics.has("resources") || topics.has("preemption");
  if (!isShort) return { cpu: dice.pick(["4", "8"]), memory: dice.pick(["8Gi", "16Gi"]), pods: "110" };
  const offer: Record<string, string> = {
    cpu: dice.pick(["500m", "1", "2", "4"]),
    memory: dice.pick(["512Mi", "1Gi", "2G"]),
    pods: dice.pick(["2", "4", "110"]),
  };
  if (dice.chance(0.7)) offer["ephemeral-storage"] = dice.pick(["1Gi", "4Gi"]);
  if (dice.chance(0.5)) offer[extended] = dice.pick(["1", "2"]);
  if (dice.chance(0.05)) delete offer["cpu"];
  if (dice.chance(0.05)) delete offer["memory"];
  return offer;
}

function randomImages(dice: Dice): NonNullable<Node["status"]>["images"] {
  const sizes = [300_000_000, 1_500_000_000, 30_000_000];
  return images.flatMap((image, index) => {
    const name = image.includes(":") ? image : `${image}:latest`;
    return dice.chance(0.4) ? [{ names: [name, `${name}@sha256:00`], sizeBytes: sizes[index] ?? 0 }] : [];
  });
}
