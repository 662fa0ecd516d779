/** The next steps of a daemon set. Pure: nodes and pods in, pods to make and to remove out. */

import type { DaemonSet, DaemonSetStatus } from "../../../model/kinds/apps/daemonset/daemonset.ts";
import type { Node } from "../../../model/kinds/core/node/node.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { resolveIntOrPercent } from "../shared/int-or-percent.ts";
import { availableInMs, hasEnded, isReady, replaceableInMs, soonest } from "../shared/pods.ts";
import { revisionLabel } from "../shared/revisions.ts";
import { belongsOn, nodeOf } from "./placement.ts";

export interface DaemonWorld {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  /** Name of the revision of the present template. */
  readonly revision: string;
  readonly nowMs: number;
}

export interface DaemonSteps {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  readonly status: DaemonSetStatus;
  readonly recheckInMs: number | undefined;
}

/** A node and the set's pods on it. */
interface Place {
  readonly name: string;
  readonly run: boolean;
  readonly keep: boolean;
  readonly pods: readonly Pod[];
}

export function decideDaemonSet(world: DaemonWorld): DaemonSteps {
  const places = placesOf(world);
  const isGoing = world.set.metadata.deletionTimestamp !== undefined;
  const steps = isGoing ? { create: [], remove: [] } : stepsOf(world, places);
  return { ...steps, status: statusOf(world, places), recheckInMs: recheckOf(world) };
}

function placesOf({ set, nodes, pods }: DaemonWorld): Place[] {
  const byNode = Map.groupBy(pods, (pod) => nodeOf(pod) ?? "");
  const spec = set.spec.template.spec ?? { containers: [] };
  return nodes.map((node) => {
    const name = node.metadata.name ?? "";
    return { name, ...belongsOn(spec, node), pods: byNode.get(name) ?? [] };
  });
}

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

function isAvailable({ set, nowMs }: DaemonWorld, pod: Pod): boolean {
  return !isLeaving(pod) && availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs) === 0;
}

function stepsOf(world: DaemonWorld, places: readonly Place[]): Pick<DaemonSteps, "create" | "remove"> {
  const create: string[] = [];
  const remove: Pod[] = [];
  for (const { name, run, keep, pods } of places) {
    const [oldest, ...others] = pods.filter((pod) => !isLeaving(pod) && !hasEnded(pod)).toSorted(byAge);
    remove.push(...pods.filter((pod) => !isLeaving(pod) && replaceableInMs(pod, world.nowMs) === 0));
    if (!keep) remove.push(...[oldest, ...others].filter((pod) => pod !== undefined));
    else if (oldest === undefined) {
      // Not beside one that is still going, which has the node's ports, or that has just ended.
      if (run && pods.length === 0) create.push(name);
    } else remove.push(...surplus(world, oldest, others));
  }
  const update = rollingSteps(world, places);
  return {
    create: [...create, ...update.create],
    remove: [...new Set([...remove, ...update.remove])],
  };
}

/** Of several on one node, those that are not needed: during a surge the old one until the new one is there. */
function surplus(world: DaemonWorld, oldest: Pod, others: readonly Pod[]): Pod[] {
  if (others.length === 0) return [];
  const fresh = [oldest, ...others].filter(({ metadata }) => isOf(metadata, world.revision));
  const [newest] = fresh;
  if (newest === undefined || fresh.length === others.length + 1) return [...others];
  if (isAvailable(world, newest)) return [oldest, ...others].filter((pod) => pod !== newest);
  return fresh.slice(1);
}

function byAge(a: Pod, b: Pod): number {
  const [one = "", other = ""] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return one < other ? -1 : one > other ? 1 : 0;
}

function isOf(metadata: Pod["metadata"], revision: string): boolean {
  return metadata.labels?.[revisionLabel] === revision;
}

function rollingSteps(world: DaemonWorld, places: readonly Place[]): Pick<DaemonSteps, "create" | "remove"> {
  const { set, revision } = world;
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return { create: [], remove: [] };
  const wanted = places.filter(({ run }) => run);
  const old = wanted.flatMap(({ name, pods }) => {
    const present = pods.filter((pod) => !hasEnded(pod));
    const [pod] = present;
    return present.length === 1 && pod !== undefined && !isLeaving(pod) && !isOf(pod.metadata, revision)
      ? [{ name, pod }]
      : [];
  });
  const surge = resolveIntOrPercent(rollingUpdate?.maxSurge ?? 0, wanted.length, "up");
  if (surge > 0) {
    const surging = wanted.filter(({ pods }) => pods.filter((pod) => !hasEnded(pod)).length > 1).length;
    return { create: old.slice(0, Math.max(0, surge - surging)).map(({ name }) => name), remove: [] };
  }
  const allowed = Math.max(1, resolveIntOrPercent(rollingUpdate?.maxUnavailable ?? 1, wanted.length, "up"));
  const missing = wanted.filter(({ pods }) => !pods.some((pod) => isAvailable(world, pod)));
  // What is not available anyway costs nothing to replace.
  const free = old.filter(({ pod }) => !isAvailable(world, pod));
  const others = old
    .filter(({ pod }) => isAvailable(world, pod))
    .slice(0, Math.max(0, allowed - missing.length));
  return { create: [], remove: [...free, ...others].map(({ pod }) => pod) };
}

function statusOf(world: DaemonWorld, places: readonly Place[]): DaemonSetStatus {
  const { set, revision } = world;
  const wanted = places.filter(({ run }) => run);
  const count = (holds: (pod: Pod) => boolean): number =>
    wanted.filter(({ pods }) => pods.some((pod) => !hasEnded(pod) && holds(pod))).length;
  const numberAvailable = count((pod) => isAvailable(world, pod));
  const { collisionCount, conditions } = set.status ?? {};
  return {
    observedGeneration: set.metadata.generation,
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: count(() => true),
    numberMisscheduled: places.filter(({ run, pods }) => !run && pods.some((pod) => !hasEnded(pod))).length,
    numberReady: count(isReady),
    updatedNumberScheduled: count((pod) => !isLeaving(pod) && isOf(pod.metadata, revision)),
    numberAvailable,
    numberUnavailable: wanted.length - numberAvailable,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

function recheckOf({ set, pods, nowMs }: DaemonWorld): number | undefined {
  const waits = pods.flatMap((pod) => [
    availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs),
    replaceableInMs(pod, nowMs),
  ]);
  return soonest(waits.filter((wait) => wait !== 0));
}
