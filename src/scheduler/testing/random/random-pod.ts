import type { Container, NodeTerm, Pod, Requirement, Toleration, Volume } from "../oracle/objects.ts";
import type { Dice } from "./dice.ts";
import { randomConstraint, randomPodAffinity } from "./random-terms.ts";
import type { Topic, Topics } from "./topics.ts";
import { apps, claimNames, extended, images, namespaces, nodeNames, zones, zoneKey } from "./words.ts";

/** Many pods are made from one: only name and identity differ. */
export type PodTemplate = Pod;

export function randomTemplate(dice: Dice, topics: Topics): PodTemplate {
  const app = dice.pick(apps);
  return {
    metadata: {
      namespace: dice.chance(0.8) ? "default" : dice.pick(namespaces),
      labels: randomPodLabels(dice, app),
      ownerReferences: topics.has("owners") ? randomOwner(dice, app) : undefined,
    },
    spec: { ...randomWork(dice, topics), ...randomWishes(dice, topics) },
  };
}

/** What runs in it, and what that needs. */
function randomWork(dice: Dice, topics: Topics): Pod["spec"] {
  const is = (topic: Topic): boolean => topics.has(topic);
  return {
    priority: is("preemption") ? dice.pick([0, 0, 10, 20, 1000]) : undefined,
    preemptionPolicy: is("preemption") && dice.chance(0.1) ? "Never" : undefined,
    containers: dice.list(1, 2, () => randomContainer(dice, topics)),
    initContainers:
      is("resources") && dice.chance(0.7) ? dice.list(0, 3, () => randomInit(dice, topics)) : undefined,
    overhead: is("resources") && dice.chance(0.2) ? { cpu: "50m", memory: "10Mi" } : undefined,
    resources: is("resources") && dice.chance(0.15) ? { requests: { cpu: "300m" } } : undefined,
    hostNetwork: is("ports") && dice.chance(0.15) ? true : undefined,
    volumes: is("volumes") && dice.chance(0.7) ? dice.list(1, 3, () => randomVolume(dice)) : undefined,
  };
}

/** Where it wants to be. */
function randomWishes(dice: Dice, topics: Topics): Partial<Pod["spec"]> {
  const is = (topic: Topic): boolean => topics.has(topic);
  return {
    nodeName: is("nodes") && dice.chance(0.05) ? dice.pick(nodeNames) : undefined,
    nodeSelector: is("nodes") && dice.chance(0.3) ? { rack: dice.pick(["1", "2"]) } : undefined,
    tolerations: is("nodes") || is("spread") ? dice.list(0, 2, () => randomToleration(dice)) : undefined,
    affinity: randomAffinity(dice, topics),
    topologySpreadConstraints:
      is("spread") && dice.chance(0.7) ? dice.list(1, 3, () => randomConstraint(dice)) : undefined,
  };
}

function randomPodLabels(dice: Dice, app: string): Record<string, string> {
  const labels: Record<string, string> = { app };
  if (dice.chance(0.5)) labels["tier"] = dice.pick(["front", "back"]);
  if (dice.chance(0.6)) labels["version"] = dice.pick(["1", "2"]);
  return labels;
}

function randomOwner(dice: Dice, app: string): NonNullable<Pod["metadata"]["ownerReferences"]> {
  const kind = dice.pick(["ReplicaSet", "StatefulSet", "ReplicationController", ""]);
  const apiVersion = kind === "ReplicationController" ? "v1" : "apps/v1";
  return kind === "" ? [] : [{ apiVersion, kind, name: app, uid: `${kind}-${app}`, controller: true }];
}

function randomContainer(dice: Dice, topics: Topics): Container {
  return {
    image: topics.has("images") ? dice.pick(images) : undefined,
    resources: { requests: randomRequests(dice, topics) },
    ports: topics.has("ports") ? randomPorts(dice) : undefined,
  };
}

function randomInit(dice: Dice, topics: Topics): Container {
  const restartPolicy = dice.chance(0.4) ? "Always" : undefined;
  return { ...randomContainer(dice, topics), restartPolicy };
}

function randomRequests(dice: Dice, topics: Topics): Record<string, string> {
  const requests: Record<string, string> = {};
  const isShort = topics.has("resources") || topics.has("preemption");
  if (dice.chance(0.8)) requests["cpu"] = isShort ? dice.pick(["0", "100m", "250m", "1", "1500u"]) : "100m";
  if (dice.chance(0.7)) requests["memory"] = isShort ? dice.pick(["0", "100Mi", "0.5Gi", "129e6"]) : "64Mi";
  if (!topics.has("resources")) return requests;
  if (dice.chance(0.2)) requests["ephemeral-storage"] = dice.pick(["1Mi", "600Mi"]);
  if (dice.chance(0.25)) requests[extended] = dice.pick(["0", "1"]);
  if (dice.chance(0.03)) requests["example.com/nowhere"] = "1";
  return requests;
}

function randomPorts(dice: Dice): Container["ports"] {
  return dice.list(0, 2, () => ({
    containerPort: dice.pick([80, 8080]),
    hostPort: dice.pick([0, 80, 81]),
    protocol: dice.maybe(0.4, () => dice.pick(["TCP", "UDP"])),
    hostIP: dice.maybe(0.4, () => dice.pick(["127.0.0.1", "127.0.0.2", "0.0.0.0"])),
  }));
}

function randomToleration(dice: Dice): Toleration {
  const operator = dice.pick(["Exists", "Equal"]);
  const keys = ["dedicated", "old", "node.kubernetes.io/unschedulable"] as const;
  return {
    key: operator === "Exists" && dice.chance(0.2) ? undefined : dice.pick(keys),
    operator: operator === "Equal" && dice.chance(0.5) ? undefined : operator,
    value: operator === "Equal" ? dice.pick(["x", "y"]) : undefined,
    effect: dice.maybe(0.5, () => dice.pick(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
  };
}

function randomAffinity(dice: Dice, topics: Topics): Pod["spec"]["affinity"] {
  const nodeAffinity =
    topics.has("nodes") || topics.has("spread")
      ? dice.maybe(0.35, () => randomNodeAffinity(dice))
      : undefined;
  if (!topics.has("affinity")) return nodeAffinity && { nodeAffinity };
  return {
    nodeAffinity,
    podAffinity: dice.maybe(0.5, () => randomPodAffinity(dice)),
    podAntiAffinity: dice.maybe(0.5, () => randomPodAffinity(dice)),
  };
}

export function randomNodeAffinity(
  dice: Dice,
): NonNullable<NonNullable<Pod["spec"]["affinity"]>["nodeAffinity"]> {
  const terms = (): NodeTerm[] => dice.list(1, 2, () => randomNodeTerm(dice));
  return {
    requiredDuringSchedulingIgnoredDuringExecution: dice.maybe(0.6, () => ({ nodeSelectorTerms: terms() })),
    preferredDuringSchedulingIgnoredDuringExecution: dice.maybe(0.6, () =>
      dice.list(0, 3, () => ({ weight: dice.between(1, 100), preference: randomNodeTerm(dice) })),
    ),
  };
}

export function randomNodeTerm(dice: Dice): NodeTerm {
  const fields = dice.maybe(0.15, () => [
    { key: "metadata.name", operator: dice.pick(["In", "NotIn"]), values: [dice.pick(nodeNames)] },
  ]);
  return { matchExpressions: dice.list(0, 2, () => randomNodeRequirement(dice)), matchFields: fields };
}

function randomNodeRequirement(dice: Dice): Requirement {
  const operator = dice.pick(["In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]);
  if (operator === "Gt" || operator === "Lt") {
    return { key: "generation", operator, values: [dice.pick(["1", "2", "5"])] };
  }
  if (operator === "In" || operator === "NotIn") {
    return { key: zoneKey, operator, values: [dice.pick(zones), ...dice.some(zones, 0.4)] };
  }
  return { key: dice.pick(["generation", "rack", "nothing"]), operator };
}

function randomVolume(dice: Dice): Volume {
  const name = "volume";
  const readOnly = dice.maybe(0.5, () => dice.chance(0.7));
  switch (dice.between(0, 7)) {
    case 0:
      return { name, gcePersistentDisk: { pdName: dice.pick(["d1", "d2"]), readOnly } };
    case 1:
      return { name, awsElasticBlockStore: { volumeID: dice.pick(["v1", "v2"]), readOnly } };
    case 2:
      return { name, iscsi: { targetPortal: "10.0.0.1", iqn: dice.pick(["q1", "q2"]), lun: 0, readOnly } };
    case 3:
      return {
        name,
        rbd: {
          monitors: dice.some(["m1", "m2"], 0.7),
          image: "i",
          pool: dice.maybe(0.3, () => "p"),
          readOnly,
        },
      };
    default:
      return { name, persistentVolumeClaim: { claimName: dice.pick(claimNames) } };
  }
}
