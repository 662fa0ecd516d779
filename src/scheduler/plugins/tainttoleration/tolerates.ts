/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */

import type { TaintObject, TolerationObject } from "../../snapshot/objects.ts";

export function tolerates(tolerations: readonly TolerationObject[], taint: TaintObject): boolean {
  return tolerations.some((toleration) => toleratesTaint(toleration, taint));
}

/** Whether the taint keeps a pod with these tolerations off the node. */
export function keepsAway(taint: TaintObject, tolerations: readonly TolerationObject[]): boolean {
  return (taint.effect === "NoSchedule" || taint.effect === "NoExecute") && !tolerates(tolerations, taint);
}

function toleratesTaint(toleration: TolerationObject, taint: TaintObject): boolean {
  const { key = "", operator = "", value = "", effect = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  if (operator !== "" && operator !== "Equal") return false;
  return key !== "" && value === (taint.value ?? "");
}
