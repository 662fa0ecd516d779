/** Conditions as workloads write them: the time of a transition moves only when the status does. */

import type { Condition } from "../../../model/meta.ts";

export interface NewCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The list with the condition in place of its predecessor; the same list when it says nothing new. */
export function withCondition(
  conditions: readonly Condition[],
  next: NewCondition,
  nowIso: string,
): readonly Condition[] {
  const present = findCondition(conditions, next.type);
  if (present?.status === next.status && present.reason === next.reason && present.message === next.message) {
    return conditions;
  }
  const lastTransitionTime = present?.status === next.status ? present.lastTransitionTime : undefined;
  const written = { ...next, lastTransitionTime: lastTransitionTime ?? nowIso };
  if (present === undefined) return [...conditions, written];
  return conditions.map((condition) => (condition === present ? written : condition));
}

export function withoutCondition(conditions: readonly Condition[], type: string): readonly Condition[] {
  return conditions.some((condition) => condition.type === type)
    ? conditions.filter((condition) => condition.type !== type)
    : conditions;
}
