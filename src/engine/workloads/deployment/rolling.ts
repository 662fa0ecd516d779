/**
 * The arithmetic of a rolling update, over plain numbers. What must stay true, whatever the statuses of the
 * sets say: the sum of all sizes never passes replicas + maxSurge by our doing, and an old set is made
 * smaller only while at least replicas - maxUnavailable pods stay available.
 *
 * Behaviour: kubernetes/kubernetes pkg/controller/deployment (rolling.go, sync.go).
 */

import { resolveIntOrPercent } from "../shared/int-or-percent.ts";

export interface SetSize {
  readonly name: string;
  /** Wanted size. */
  readonly replicas: number;
  /** Pods that have been ready for minReadySeconds. */
  readonly available: number;
  /** RFC 3339; orders the sets. */
  readonly createdAt: string;
  /** Number of the deployment's revision that the set stands for; every try of a template has a higher one. */
  readonly revision?: number | undefined;
  /** Size that the deployment could have at most when the set was last sized. */
  readonly maxReplicas?: number | undefined;
}

export interface RollingLimits {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Surge rounds up and unavailability down; both zero would never move, so then one may be unavailable. */
export function resolveLimits(
  replicas: number,
  maxSurge: number | string,
  maxUnavailable: number | string,
): RollingLimits {
  const surge = resolveIntOrPercent(maxSurge, replicas, "up");
  const unavailable = resolveIntOrPercent(maxUnavailable, replicas, "down");
  const stuck = surge === 0 && unavailable === 0;
  return { replicas, maxSurge: surge, maxUnavailable: Math.min(stuck ? 1 : unavailable, replicas) };
}

/** The size that the new set may have now. */
export function newSetReplicas(limits: RollingLimits, current: number, allSets: number): number {
  if (current >= limits.replicas) return limits.replicas;
  const room = limits.replicas + limits.maxSurge - allSets;
  if (room <= 0) return current;
  return current + Math.min(room, limits.replicas - current);
}

/** Smaller sizes for old sets, by name; sets that stay as they are do not appear. */
export function oldSetReplicas(
  limits: RollingLimits,
  newSet: SetSize | undefined,
  oldSets: readonly SetSize[],
): ReadonlyMap<string, number> {
  const sizes = new Map(oldSets.map((set) => [set.name, set.replicas]));
  const total = sum(oldSets.map((set) => set.replicas)) + (newSet?.replicas ?? 0);
  const minAvailable = limits.replicas - limits.maxUnavailable;
  // Pods of the new set that are not up yet count as gone: no old pod makes room for them twice.
  const newUnavailable = Math.max(0, (newSet?.replicas ?? 0) - (newSet?.available ?? 0));
  const budget = total - minAvailable - newUnavailable;
  if (budget <= 0) return new Map();
  const ordered = oldSets.toSorted(oldestFirst);
  const unhealthyGone = removeUnhealthy(oldSets.toSorted(newestRevisionFirst), sizes, budget);
  removeHealthy({ limits, ordered, sizes, newSet, budget: budget - unhealthyGone });
  return new Map(
    [...sizes].filter(([name, size]) => ordered.some((s) => s.name === name && s.replicas !== size)),
  );
}

/**
 * Pods that serve nobody go first; they cost no availability. Of several sets the newest tries go before older
 * ones: the lowest revision that has pods is the one that served last, for a rollout that is complete leaves no
 * other. Its pods may be unready for a moment (a container that is restarted, a Nagi that is), and come back;
 * those of a version that never came up do not.
 */
function removeUnhealthy(ordered: readonly SetSize[], sizes: Map<string, number>, budget: number): number {
  let gone = 0;
  for (const set of ordered) {
    const unhealthy = Math.max(0, set.replicas - set.available);
    const take = Math.min(unhealthy, budget - gone);
    sizes.set(set.name, set.replicas - take);
    gone += take;
  }
  return gone;
}

interface HealthyRemoval {
  readonly limits: RollingLimits;
  readonly ordered: readonly SetSize[];
  readonly sizes: Map<string, number>;
  readonly newSet: SetSize | undefined;
  readonly budget: number;
}

function removeHealthy({ limits, ordered, sizes, newSet, budget }: HealthyRemoval): void {
  // A status may lag behind a set that was just made smaller: never count more available than wanted.
  const availableNow = sum(
    [...ordered, ...(newSet ? [newSet] : [])].map((s) => Math.min(s.available, s.replicas)),
  );
  let spare = Math.min(availableNow - (limits.replicas - limits.maxUnavailable), budget);
  for (const set of ordered) {
    if (spare <= 0) return;
    const size = sizes.get(set.name) ?? 0;
    const take = Math.min(size, spare);
    sizes.set(set.name, size - take);
    spare -= take;
  }
}

/**
 * Sizes after a change of `replicas` in the middle of a rollout: every set that has pods gets its share, so
 * that a bad new version grows no faster than the good old one.
 */
export function proportionalReplicas(
  limits: RollingLimits,
  sets: readonly SetSize[],
): ReadonlyMap<string, number> {
  const active = sets.filter((set) => set.replicas > 0);
  const allowed = limits.replicas > 0 ? limits.replicas + limits.maxSurge : 0;
  const toAdd = allowed - sum(active.map((set) => set.replicas));
  const ordered = active.toSorted((a, b) => b.replicas - a.replicas || ageOrder(a, b, toAdd));
  const sizes = new Map<string, number>();
  let added = 0;
  for (const set of ordered) {
    const share = clampShare(shareOf(limits, set), toAdd - added, toAdd);
    sizes.set(set.name, set.replicas + share);
    added += share;
  }
  // What rounding left over goes to the largest set; what cannot be taken from it, to the next.
  let left = toAdd - added;
  for (const { name } of ordered) {
    const size = sizes.get(name) ?? 0;
    const change = Math.max(-size, left);
    sizes.set(name, size + change);
    left -= change;
  }
  return sizes;
}

/** Among sets of one size, growth favours the newest and shrinking takes from the oldest. */
function ageOrder(a: SetSize, b: SetSize, toAdd: number): number {
  return toAdd > 0 ? oldestFirst(b, a) : oldestFirst(a, b);
}

function shareOf(limits: RollingLimits, set: SetSize): number {
  if (limits.replicas === 0) return -set.replicas;
  const before = set.maxReplicas ?? limits.replicas + limits.maxSurge;
  if (before <= 0) return 0;
  return Math.round((set.replicas * (limits.replicas + limits.maxSurge)) / before) - set.replicas;
}

function clampShare(share: number, left: number, toAdd: number): number {
  if (toAdd === 0 || left === 0) return 0;
  return toAdd > 0 ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left));
}

export function oldestFirst(
  a: { createdAt: string; name: string },
  b: { createdAt: string; name: string },
): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function newestRevisionFirst(a: SetSize, b: SetSize): number {
  return (b.revision ?? 0) - (a.revision ?? 0) || oldestFirst(b, a);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
