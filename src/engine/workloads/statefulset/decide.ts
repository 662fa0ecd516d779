/**
 * The next steps of a stateful set. Pure. One pod after the other unless its policy says otherwise: made from the
 * lowest number on, each when the ones before it are there; removed and updated from the highest number on.
 */

import type { StatefulSet } from "../../../model/kinds/apps/statefulset/statefulset.ts";
import type { StatefulSetStatus } from "../../../model/kinds/apps/statefulset/statefulset.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { availableInMs, hasEnded, isReady, replaceableInMs, soonest } from "../shared/pods.ts";
import { revisionLabel } from "../shared/revisions.ts";

export interface StatefulWorld {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** Names of revisions: of the pods before the update, and of the present template. */
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly nowMs: number;
}

export interface NewStatefulPod {
  readonly ordinal: number;
  readonly revision: string;
}

export interface StatefulSteps {
  readonly create: readonly NewStatefulPod[];
  readonly remove: readonly Pod[];
  /** Of `remove`, those that the set has become too small for. */
  readonly condemned: readonly Pod[];
  readonly status: StatefulSetStatus;
  readonly recheckInMs: number | undefined;
}

export function podName({ metadata }: StatefulSet, ordinal: number): string {
  return `${metadata.name}-${ordinal}`;
}

/** Undefined for a pod that is not named as one of the set. */
export function ordinalOf({ metadata }: StatefulSet, pod: Pod): number | undefined {
  const { name = "" } = pod.metadata;
  const prefix = `${metadata.name}-`;
  const digits = name.slice(prefix.length);
  return name.startsWith(prefix) && /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : undefined;
}

export function decideStatefulSet(world: StatefulWorld): StatefulSteps {
  const steps = world.set.metadata.deletionTimestamp === undefined ? stepsOf(world) : nothing;
  return { ...steps, status: statusOf(world), recheckInMs: recheckOf(world) };
}

type Steps = Pick<StatefulSteps, "create" | "remove" | "condemned">;

const nothing: Steps = { create: [], remove: [], condemned: [] };

function stepsOf(world: StatefulWorld): Steps {
  const { set } = world;
  const isOrdered = set.spec.podManagementPolicy !== "Parallel";
  const known = new Map(world.pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  const { start, end } = rangeOf(set);
  const create: NewStatefulPod[] = [];
  const remove: Pod[] = [];
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = known.get(ordinal);
    if (pod === undefined) create.push({ ordinal, revision: revisionFor(world, ordinal) });
    else if (pod.metadata.deletionTimestamp === undefined && replaceableInMs(pod, world.nowMs) === 0) {
      remove.push(pod);
    }
    if (isOrdered && (pod === undefined || !isHealthy(world, pod))) return { create, remove, condemned: [] };
  }
  const condemned = [...known]
    .filter(([ordinal]) => ordinal >= 0 && (ordinal < start || ordinal >= end))
    .toSorted(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  const going = isOrdered ? condemned.slice(0, 1) : condemned;
  const fresh = going.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (condemned.length > 0 || create.length > 0) {
    return { create, remove: [...remove, ...fresh], condemned: fresh };
  }
  return { create, remove: [...remove, ...outdated(world, known)], condemned: [] };
}

function rangeOf({ spec }: StatefulSet): { start: number; end: number } {
  const start = spec.ordinals?.start ?? 0;
  return { start, end: start + (spec.replicas ?? 1) };
}

/** There, and for long enough; one that is on its way out is not. */
function isHealthy({ set, nowMs }: StatefulWorld, pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined || hasEnded(pod)) return false;
  return availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs) === 0;
}

function revisionFor({ set, currentRevision, updateRevision }: StatefulWorld, ordinal: number): string {
  const { start } = rangeOf(set);
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return ordinal < start + partition ? currentRevision : updateRevision;
}

/** Pods of an old template that may go now: from the highest number on, as many at a time as may be missing. */
function outdated(world: StatefulWorld, known: ReadonlyMap<number, Pod>): Pod[] {
  const { set, updateRevision } = world;
  if (set.spec.updateStrategy?.type === "OnDelete") return [];
  const { start, end } = rangeOf(set);
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  for (let ordinal = end - 1; ordinal >= start + partition; ordinal--) {
    const pod = known.get(ordinal);
    if (pod === undefined) return [];
    if (pod.metadata.labels?.[revisionLabel] !== updateRevision) {
      return pod.metadata.deletionTimestamp === undefined ? [pod] : [];
    }
    if (!isHealthy(world, pod)) return [];
  }
  return [];
}

function statusOf(world: StatefulWorld): StatefulSetStatus {
  const { set, pods, currentRevision, updateRevision, nowMs } = world;
  const present = pods.filter((pod) => !hasEnded(pod));
  const of = (revision: string): number =>
    present.filter(
      ({ metadata }) =>
        metadata.labels?.[revisionLabel] === revision && metadata.deletionTimestamp === undefined,
    ).length;
  const ready = present.filter(isReady);
  const available = ready.filter((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs) === 0);
  const updatedReplicas = of(updateRevision);
  const isDone =
    set.spec.updateStrategy?.type !== "OnDelete" &&
    updatedReplicas === present.length &&
    ready.length === present.length &&
    present.length === (set.spec.replicas ?? 1);
  const { collisionCount, conditions } = set.status ?? {};
  return {
    observedGeneration: set.metadata.generation,
    replicas: present.length,
    readyReplicas: ready.length,
    availableReplicas: available.length,
    currentReplicas: isDone ? updatedReplicas : of(currentRevision),
    updatedReplicas,
    currentRevision: isDone ? updateRevision : currentRevision,
    updateRevision,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

/** When a pod will have been ready for long enough. */
function recheckOf({ set, pods, nowMs }: StatefulWorld): number | undefined {
  const waits = pods.flatMap((pod) => [
    availableInMs(pod, set.spec.minReadySeconds ?? 0, nowMs),
    replaceableInMs(pod, nowMs),
  ]);
  return soonest(waits.filter((wait) => wait !== 0));
}
