import type {
  CsiNode,
  DisruptionBudget,
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  PlainOwner,
  SelectingOwner,
  StorageClass,
} from "../oracle/objects.ts";
import type { RelatedLists } from "../oracle/world.ts";
import type { Dice } from "./dice.ts";
import { randomNodeTerm } from "./random-pod.ts";
import { randomSelector } from "./random-terms.ts";
import type { Topics } from "./topics.ts";
import { apps, claimNames, classNames, driver, namespaces, nodeNames, zoneKey, zones } from "./words.ts";

export type RelatedKind = keyof RelatedLists;

export interface RelatedChange {
  readonly kind: RelatedKind;
  readonly object: RelatedLists[RelatedKind][number];
}

/** What there is besides nodes and pods before anything happens. */
export function firstRelated(dice: Dice, topics: Topics): RelatedChange[] {
  const changes: RelatedChange[] = namespaces.map((name) => ({
    kind: "Namespace",
    object: { metadata: { name, labels: { team: dice.pick(["a", "b"]) } } } satisfies Namespace,
  }));
  if (topics.has("volumes")) {
    for (const name of classNames) changes.push({ kind: "StorageClass", object: storageClass(name) });
    for (const name of nodeNames)
      if (dice.chance(0.7)) changes.push({ kind: "CSINode", object: csiNode(dice, name) });
    for (let index = 1; index <= 5; index++) changes.push(volume(dice, index));
    for (const name of claimNames) if (dice.chance(0.9)) changes.push(claim(dice, name));
  }
  if (topics.has("preemption")) changes.push(budget(dice), budget(dice));
  if (topics.has("owners")) for (let count = 0; count < 6; count++) changes.push(owner(dice));
  return changes;
}

/** Something that may change while pods come and go. */
export function randomRelated(dice: Dice, topics: Topics): RelatedChange | undefined {
  if (topics.has("volumes"))
    return dice.chance(0.5) ? claim(dice, dice.pick(claimNames)) : volume(dice, dice.between(1, 5));
  if (topics.has("preemption")) return budget(dice);
  if (topics.has("owners")) return owner(dice);
  if (!topics.has("affinity")) return undefined;
  const metadata = { name: dice.pick(namespaces), labels: { team: dice.pick(["a", "b"]) } };
  return { kind: "Namespace", object: { metadata } };
}

function owner(dice: Dice): RelatedChange {
  const kind = dice.pick(["Service", "Service", "ReplicationController", "ReplicaSet", "StatefulSet"]);
  const app = dice.pick(apps);
  const metadata = { name: app, namespace: dice.chance(0.9) ? "default" : "other", uid: `${kind}-${app}` };
  if (kind === "ReplicaSet" || kind === "StatefulSet") {
    return { kind, object: { metadata, spec: { selector: randomSelector(dice) } } satisfies SelectingOwner };
  }
  const selector = dice.maybe(0.95, () => ({ app }));
  return { kind, object: { metadata, spec: { selector } } satisfies PlainOwner };
}

function budget(dice: Dice): RelatedChange {
  const object: DisruptionBudget = {
    metadata: { name: dice.pick(["b1", "b2"]), namespace: "default" },
    spec: { selector: dice.maybe(0.95, () => randomSelector(dice)) },
    status: { disruptionsAllowed: dice.between(0, 2) },
  };
  return { kind: "PodDisruptionBudget", object };
}

function storageClass(name: (typeof classNames)[number]): StorageClass {
  const volumeBindingMode = name === "at-once" ? "Immediate" : "WaitForFirstConsumer";
  const provisioner = name === "local" ? "kubernetes.io/no-provisioner" : driver;
  const allowedTopologies =
    name === "zonal" ? [{ matchLabelExpressions: [{ key: zoneKey, values: ["a", "b"] }] }] : undefined;
  return { metadata: { name }, provisioner, volumeBindingMode, allowedTopologies };
}

function csiNode(dice: Dice, name: string): CsiNode {
  const allocatable = dice.maybe(0.9, () => ({ count: dice.between(1, 3) }));
  return { metadata: { name }, spec: { drivers: [{ name: driver, nodeID: name, allocatable }] } };
}

/** Volumes 1 to 3 can be the volumes of claims 1 to 3; the others are free. */
function volume(dice: Dice, index: number): RelatedChange {
  const name = `pv-${index}`;
  const labels = dice.maybe(0.4, () => ({ [zoneKey]: dice.chance(0.3) ? "a__b" : dice.pick(zones) }));
  const object: PersistentVolume = {
    metadata: { name, uid: name, labels },
    spec: {
      capacity: { storage: dice.pick(["1Gi", "2Gi", "5Gi"]) },
      accessModes: dice.pick<string[]>([
        ["ReadWriteOnce"],
        ["ReadWriteOnce", "ReadOnlyMany"],
        ["ReadWriteOncePod"],
      ]),
      storageClassName: dice.pick(["local", "local", "made"]),
      claimRef:
        index <= 3 ? { namespace: "default", name: `claim-${index}`, uid: `claim-${index}` } : undefined,
      nodeAffinity: dice.maybe(0.5, () => ({
        required: { nodeSelectorTerms: [{ matchExpressions: randomNodeTerm(dice).matchExpressions }] },
      })),
      csi: dice.maybe(0.7, () => ({ driver, volumeHandle: `handle-${index}` })),
    },
    status: { phase: index <= 3 ? "Bound" : "Available" },
  };
  return { kind: "PersistentVolume", object };
}

function claim(dice: Dice, name: (typeof claimNames)[number]): RelatedChange {
  const index = name.slice("claim-".length);
  const isBound = index !== "4" && dice.chance(0.7);
  const object: PersistentVolumeClaim = {
    metadata: {
      name,
      namespace: "default",
      uid: name,
      annotations: isBound ? { "pv.kubernetes.io/bind-completed": "yes" } : undefined,
      deletionTimestamp: dice.maybe(0.03, () => "2026-01-01T00:00:00Z"),
    },
    spec: {
      accessModes: [dice.pick(["ReadWriteOnce", "ReadWriteOnce", "ReadWriteOncePod"])],
      resources: { requests: { storage: dice.pick(["1Gi", "2Gi"]) } },
      storageClassName: dice.chance(0.1) ? "at-once" : dice.pick(["local", "made", "zonal"]),
      volumeName: isBound ? `pv-${index}` : undefined,
    },
    status: { phase: isBound ? "Bound" : "Pending" },
  };
  return { kind: "PersistentVolumeClaim", object };
}
