/**
 * One step of a deployment: from what is there to what is to be written. Pure, so that every rule of a
 * rollout can be tested without a server; `controller.ts` carries the steps out.
 */

import type { DeploymentStatus } from "../../../model/kinds/apps/deployment/deployment.ts";
import type { ReplicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import { newSetAnnotations, revisionAnnotation, revisionOf, sizeAnnotations } from "./annotations.ts";
import { findCondition } from "../shared/conditions.ts";
import {
  decideSizes,
  limitsOf,
  nameOf,
  sizeOf,
  type DeploymentWorld,
  type Sets,
  type Sizes,
} from "./sizes.ts";
import { decideStatus, isComplete, newSetNameOf } from "./status.ts";
import { buildSet, findNewSet } from "./template.ts";

export interface Resized {
  readonly set: ReplicaSet;
  readonly from: number;
}

export interface DeploymentDecision {
  readonly create: ReplicaSet | undefined;
  /** Whole sets as they shall be, with the revision that they were read at. */
  readonly update: readonly Resized[];
  readonly remove: readonly ReplicaSet[];
  /** Revision annotation of the deployment itself, if it is to be changed. */
  readonly revision: string | undefined;
  readonly status: DeploymentStatus;
  readonly requeueAfterMs: number | undefined;
}

export function decideDeployment(world: DeploymentWorld): DeploymentDecision {
  const newSet = findNewSet(world.deployment, world.sets);
  const sets: Sets = { newSet, oldSets: world.sets.filter((set) => set !== newSet) };
  const deleting = world.deployment.metadata.deletionTimestamp !== undefined;
  const sizes: Sizes = deleting ? { create: undefined, bySet: new Map() } : decideSizes(world, sets);
  const create = sizes.create === undefined ? undefined : newSetFor(world, sets, sizes.create);
  const update = deleting ? [] : updatesFor(world, sets, sizes);
  const { status, recheckInMs } = decideStatus({
    deployment: world.deployment,
    sets,
    newSetEvent: newSetEvent(world, sets, create),
    newSetName: newSetNameOf(sets, create),
    nowMs: world.nowMs,
  });
  const done = isComplete(world.deployment, status) || world.deployment.spec.paused === true;
  return {
    create,
    update,
    remove: done && !deleting ? expiredSets(world, sets) : [],
    revision: revisionFor(world, create ?? update.find(({ set }) => sameSet(set, newSet))?.set ?? newSet),
    status,
    requeueAfterMs: recheckInMs,
  };
}

function sameSet(a: ReplicaSet, b: ReplicaSet | undefined): boolean {
  return a.metadata.uid === b?.metadata.uid;
}

function newSetFor(world: DeploymentWorld, sets: Sets, replicas: number): ReplicaSet {
  const { replicas: wanted, maxSurge } = limitsOf(world.deployment);
  const annotations = newSetAnnotations(world.deployment, undefined, sets.oldSets);
  return buildSet(world.deployment, replicas, { ...annotations, ...sizeAnnotations(wanted, maxSurge) });
}

/** Sets whose size or notes are not what they should be. */
function updatesFor(world: DeploymentWorld, sets: Sets, sizes: Sizes): Resized[] {
  const { deployment } = world;
  const limits = limitsOf(deployment);
  const all = [...(sets.newSet ? [sets.newSet] : []), ...sets.oldSets];
  return all.flatMap((set) => {
    const isNew = set === sets.newSet;
    const replicas = sizes.bySet.get(nameOf(set)) ?? sizeOf(set);
    const annotations = {
      ...(isNew && deployment.spec.paused !== true
        ? newSetAnnotations(deployment, set, sets.oldSets)
        : set.metadata.annotations),
      ...(replicas > 0 || isNew ? sizeAnnotations(limits.replicas, limits.maxSurge) : {}),
    };
    const { minReadySeconds = 0 } = isNew ? deployment.spec : set.spec;
    const changed =
      replicas !== sizeOf(set) ||
      minReadySeconds !== (set.spec.minReadySeconds ?? 0) ||
      !sameEntries(annotations, set.metadata.annotations ?? {});
    if (!changed) return [];
    const { minReadySeconds: _, ...others } = set.spec;
    const spec = { ...others, replicas, ...(minReadySeconds === 0 ? {} : { minReadySeconds }) };
    return [{ set: { ...set, metadata: { ...set.metadata, annotations }, spec }, from: sizeOf(set) }];
  });
}

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** A deployment that had no condition yet but finds its set ready-made takes it over. */
function newSetEvent(
  world: DeploymentWorld,
  sets: Sets,
  create: ReplicaSet | undefined,
): "created" | "found" | undefined {
  if (create !== undefined) return "created";
  if (sets.newSet === undefined) return undefined;
  const progressing = findCondition(world.deployment.status?.conditions, "Progressing");
  if (progressing === undefined) return "found";
  const rolledBack = revisionOf(sets.newSet) < Math.max(0, ...sets.oldSets.map(revisionOf));
  return rolledBack ? "found" : undefined;
}

function revisionFor(world: DeploymentWorld, set: ReplicaSet | undefined): string | undefined {
  const wanted = set?.metadata.annotations?.[revisionAnnotation];
  const present = world.deployment.metadata.annotations?.[revisionAnnotation];
  return wanted === present ? undefined : wanted;
}

/** Old revisions beyond the limit, oldest first; a set that may still have pods is kept. */
function expiredSets({ deployment }: DeploymentWorld, { oldSets }: Sets): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = oldSets.filter((set) => set.metadata.deletionTimestamp === undefined);
  const surplus = Math.max(0, alive.length - limit);
  return alive
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, surplus)
    .filter((set) => {
      const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0);
      return sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0 && observed;
    });
}
