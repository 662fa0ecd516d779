/**
 * Nodes that nobody has heard of for a while, and the pods on them. Pure.
 * Behaviour: kubernetes/kubernetes pkg/controller/nodelifecycle and pkg/controller/tainteviction.
 */

import type { Node, Taint } from "../../../model/kinds/core/node/node.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Toleration } from "../../../model/kinds/core/pod/affinity.ts";
import { findCondition, withCondition } from "../shared/conditions.ts";
import { timeMs } from "../shared/pods.ts";

export const unreachableTaint = "node.kubernetes.io/unreachable";
export const notReadyTaint = "node.kubernetes.io/not-ready";
/** Taints of the Ready condition: put and taken away by this controller alone. */
const healthTaints: readonly string[] = [unreachableTaint, notReadyTaint];
/** Without a heartbeat for this long a node is unreachable. */
export const graceMs = 40_000;
/** How long pods that say nothing of it stay on a node that is not ready or not reachable. */
const defaultTolerationMs = 300_000;
/** Conditions that nobody can vouch for when the node is silent. */
const agentConditions: readonly string[] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

export function unreachableStatus(node: Node, nowMs: number): Node["status"] {
  const nowIso = new Date(nowMs).toISOString();
  let conditions: readonly NonNullable<NonNullable<Node["status"]>["conditions"]>[number][] =
    node.status?.conditions ?? [];
  for (const type of agentConditions) {
    if (type !== "Ready" && findCondition(conditions, type) === undefined) continue;
    const silent = { reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." };
    conditions = withCondition(conditions, { type, status: "Unknown", ...silent }, nowIso);
  }
  return { ...node.status, conditions: [...conditions] };
}

/** Taints as they should be for the node's Ready condition; undefined when they are. */
export function healthTaintsOf(node: Node, nowMs: number): Taint[] | undefined {
  const present = node.spec?.taints ?? [];
  const key = taintFor(findCondition(node.status?.conditions, "Ready")?.status);
  const others = present.filter((taint) => !healthTaints.includes(taint.key));
  if (key === undefined) return others.length === present.length ? undefined : others;
  const have = (effect: Taint["effect"]): boolean =>
    present.some((taint) => taint.key === key && taint.effect === effect);
  const stale = present.some((taint) => healthTaints.includes(taint.key) && taint.key !== key);
  if (have("NoSchedule") && have("NoExecute") && !stale) return undefined;
  const timeAdded = new Date(nowMs).toISOString();
  return [...others, { key, effect: "NoSchedule", timeAdded }, { key, effect: "NoExecute", timeAdded }];
}

/** A node that has not said anything yet gets none: it may be about to. */
function taintFor(ready: string | undefined): string | undefined {
  if (ready === "False") return notReadyTaint;
  return ready === "Unknown" ? unreachableTaint : undefined;
}

/** When the pod has to leave its node: milliseconds from now (0 or less: at once), undefined when it may stay. */
export function evictionInMs(pod: Pod, node: Node, nowMs: number): number | undefined {
  const taints = (node.spec?.taints ?? []).filter((taint) => taint.effect === "NoExecute");
  const waits = taints.map((taint) => toleratedForMs(pod, taint, nowMs)).filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

function toleratedForMs(pod: Pod, taint: Taint, nowMs: number): number | undefined {
  const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
  const sinceMs = timeMs(taint.timeAdded) ?? nowMs;
  if (matching.length === 0) {
    return healthTaints.includes(taint.key) ? sinceMs + defaultTolerationMs - nowMs : 0;
  }
  const limits = matching
    .map(({ tolerationSeconds }) => tolerationSeconds)
    .filter((each) => each !== undefined);
  return limits.length === 0 ? undefined : sinceMs + Math.max(0, Math.min(...limits)) * 1000 - nowMs;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = "", operator = "Equal", value = "", effect } = toleration;
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key === "") return operator === "Exists";
  if (key !== taint.key) return false;
  return operator === "Exists" || value === (taint.value ?? "");
}

/** The pod's status once its node is silent: nobody should send it requests. Undefined: it says so already. */
export function notReadyStatus(pod: Pod, nowMs: number): Pod["status"] | undefined {
  const conditions = pod.status?.conditions ?? [];
  if (findCondition(conditions, "Ready")?.status !== "True") return undefined;
  const reason = { reason: "NodeNotReady", message: "The node of the pod is not reachable." };
  const next = withCondition(
    conditions,
    { type: "Ready", status: "False", ...reason },
    new Date(nowMs).toISOString(),
  );
  return { ...pod.status, conditions: [...next] };
}
