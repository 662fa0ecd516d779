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
/** Taints of the Ready condition; they and those of the other conditions are this controller's alone. */
const healthTaints: readonly string[] = [unreachableTaint, notReadyTaint];
/** Taints that keep new pods off a node that is short of something, and the condition that says so. */
const pressureTaints: ReadonlyMap<string, string> = new Map([
  ["node.kubernetes.io/memory-pressure", "MemoryPressure"],
  ["node.kubernetes.io/disk-pressure", "DiskPressure"],
  ["node.kubernetes.io/pid-pressure", "PIDPressure"],
]);
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

/** No node is ready: pods would find no other, and what keeps all from being ready is rather one fault than many. */
export function isFullDisruption(nodes: readonly Node[]): boolean {
  return !nodes.some(({ status }) => findCondition(status?.conditions, "Ready")?.status === "True");
}

export interface TaintOptions {
  readonly nowMs: number;
  /** Then new pods are kept off, and those that are there stay. */
  readonly fullDisruption: boolean;
}

/** Taints as they should be for the node's conditions; undefined when they are. */
export function healthTaintsOf(node: Node, { nowMs, fullDisruption }: TaintOptions): Taint[] | undefined {
  const present = node.spec?.taints ?? [];
  const wanted = wantedTaints(node, fullDisruption);
  const others = present.filter(({ key }) => !healthTaints.includes(key) && !pressureTaints.has(key));
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const kept = wanted.flatMap((taint) => present.filter((each) => same(each, taint)).slice(0, 1));
  if (kept.length === wanted.length && others.length + kept.length === present.length) return undefined;
  const timeAdded = new Date(nowMs).toISOString();
  return [
    ...others,
    ...wanted.map((taint) => present.find((each) => same(each, taint)) ?? { ...taint, timeAdded }),
  ];
}

function wantedTaints({ status }: Node, fullDisruption: boolean): Taint[] {
  const key = taintFor(findCondition(status?.conditions, "Ready")?.status);
  const pressed = [...pressureTaints].filter(
    ([, condition]) => findCondition(status?.conditions, condition)?.status === "True",
  );
  return [
    ...(key === undefined ? [] : [{ key, effect: "NoSchedule" as const }]),
    ...(key === undefined || fullDisruption ? [] : [{ key, effect: "NoExecute" as const }]),
    ...pressed.map(([taint]): Taint => ({ key: taint, effect: "NoSchedule" })),
  ];
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
