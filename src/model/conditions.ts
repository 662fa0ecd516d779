/** Conditions: aspects of an object's state, one of each type. */

import type { Condition } from "./meta.ts";

export function findCondition(list: readonly Condition[] | undefined, type: string): Condition | undefined {
  return list?.find((condition) => condition.type === type);
}

export function isConditionTrue(list: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(list, type)?.status === "True";
}

/**
 * The list with this condition in it. `lastTransitionTime` moves to `nowIso` only when the status changes. When
 * nothing changes, the given list itself comes back, so that callers need not write.
 */
export function setCondition(
  list: readonly Condition[] | undefined,
  condition: Condition,
  nowIso: string,
): readonly Condition[] {
  const present = findCondition(list, condition.type);
  if (list === undefined || present === undefined) {
    return [...(list ?? []), { ...condition, lastTransitionTime: condition.lastTransitionTime ?? nowIso }];
  }
  const kept = present.status === condition.status ? present.lastTransitionTime : nowIso;
  const next = { ...condition, lastTransitionTime: condition.lastTransitionTime ?? kept };
  if (isSame(present, next)) return list;
  return list.map((other) => (other === present ? next : other));
}

export function withoutCondition(list: readonly Condition[] | undefined, type: string): readonly Condition[] {
  if (list === undefined) return [];
  return findCondition(list, type) === undefined ? list : list.filter((condition) => condition.type !== type);
}

function isSame(a: Condition, b: Condition): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Condition>;
  return [...keys].every((key) => a[key] === b[key]);
}
