/**
 * How many pods a resource metric asks for. Pure.
 *
 * What must stay true: pods of which nothing is known never make the number larger or smaller than they could at most:
 * they count as idle when more are wanted, and as busy when fewer are.
 * Behaviour: kubernetes/kubernetes pkg/controller/podautoscaler/replica_calculator.go.
 */

import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { PodMetrics } from "../../../model/kinds/metrics/podmetrics/podmetrics.ts";
import type { MetricTarget } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import { milliValue } from "../../../model/quantity.ts";
import { readyCondition, timeMs } from "../shared/pods.ts";

/** A metric this near to what it should be changes nothing. */
const tolerance = 0.1;
/** So long after its start a pod's processor time counts only once it has been ready for a whole measurement. */
const cpuInitializationMs = 5 * 60_000;
/** A pod that has not been ready yet for this long after its start counts as unready; one that was, does not. */
const initialReadinessMs = 30_000;

export interface ResourceInput {
  readonly resource: string;
  /** Absent: all containers. */
  readonly container?: string | undefined;
  readonly target: MetricTarget;
  readonly pods: readonly Pod[];
  /** By the pod's name. */
  readonly metrics: ReadonlyMap<string, PodMetrics>;
  /** The number that is wanted now. */
  readonly current: number;
  readonly nowMs: number;
}

export type ResourceOutcome =
  | {
      readonly ok: true;
      readonly replicas: number;
      /** Percent of what is requested; undefined for a target that is an amount. */
      readonly utilization?: number | undefined;
      /** In thousandths, on average. */
      readonly averageMilli: number;
    }
  | { readonly ok: false; readonly message: string };

interface Known {
  readonly usage: number;
  readonly request: number;
}

interface Groups {
  readonly ready: Known[];
  readonly unready: Known[];
  readonly missing: Known[];
}

export function resourceReplicas(input: ResourceInput): ResourceOutcome {
  const { target, resource, current } = input;
  const groups: Groups = { ready: [], unready: [], missing: [] };
  for (const pod of input.pods) {
    const group = groupOf(pod, input);
    if (group === undefined) continue;
    const request = requestOf(pod, input);
    if (target.averageUtilization !== undefined && typeof request === "string")
      return { ok: false, message: request };
    const usage = usageOf(pod, input) ?? 0;
    groups[group].push({ usage, request: typeof request === "string" ? 0 : request });
  }
  if (groups.ready.length === 0)
    return {
      ok: false,
      message: `did not receive metrics for targeted pods (pods might be unready)`,
    };
  const ratioOf = (pods: readonly Known[]): number => usageRatio(pods, target);
  const ratio = ratioOf(groups.ready);
  const seen = {
    averageMilli: Math.round(sumOf(groups.ready, "usage") / groups.ready.length),
    ...(target.averageUtilization === undefined
      ? {}
      : { utilization: Math.floor((100 * sumOf(groups.ready, "usage")) / sumOf(groups.ready, "request")) }),
  };
  if (!Number.isFinite(ratio)) return { ok: false, message: `the pods request no ${resource}` };
  return { ok: true, ...seen, replicas: replicasFor({ groups, ratio, ratioOf, target, current }) };
}

interface Choice {
  readonly groups: Groups;
  readonly ratio: number;
  readonly ratioOf: (pods: readonly Known[]) => number;
  readonly target: MetricTarget;
  readonly current: number;
}

function replicasFor({ groups, ratio, ratioOf, target, current }: Choice): number {
  const { ready, unready, missing } = groups;
  const countsUnready = unready.length > 0 && ratio > 1;
  if (!countsUnready && missing.length === 0)
    return isNear(ratio) ? current : Math.ceil(ratio * ready.length - 1e-9);
  const assumed = [
    ...ready,
    ...missing.map((pod) => ({ ...pod, usage: ratio < 1 ? busyUsage(pod, target) : 0 })),
    ...(countsUnready ? unready.map((pod) => ({ ...pod, usage: 0 })) : []),
  ];
  const next = ratioOf(assumed);
  if (isNear(next) || (ratio < 1 && next > 1) || (ratio > 1 && next < 1)) return current;
  const replicas = Math.ceil(next * assumed.length - 1e-9);
  const turns = (next < 1 && replicas > current) || (next > 1 && replicas < current);
  return turns ? current : replicas;
}

/** What a pod of which nothing is known uses at most, as far as fewer pods are concerned. */
function busyUsage({ request }: Known, { averageUtilization, averageValue }: MetricTarget): number {
  if (averageUtilization === undefined) return milliValue(averageValue);
  return (request * Math.max(100, averageUtilization)) / 100;
}

function usageRatio(pods: readonly Known[], { averageUtilization, averageValue }: MetricTarget): number {
  const usage = sumOf(pods, "usage");
  if (averageUtilization === undefined) return usage / pods.length / milliValue(averageValue);
  return (100 * usage) / sumOf(pods, "request") / averageUtilization;
}

function isNear(ratio: number): boolean {
  return Math.abs(1 - ratio) <= tolerance + 1e-9;
}

function sumOf(pods: readonly Known[], field: keyof Known): number {
  return pods.reduce((sum, pod) => sum + pod[field], 0);
}

/** Undefined: the pod is on its way out and does not count. */
function groupOf(pod: Pod, input: ResourceInput): keyof Groups | undefined {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined || status?.phase === "Failed") return undefined;
  if (status?.phase === "Pending") return "unready";
  if (usageOf(pod, input) === undefined) return "missing";
  if (input.resource !== "cpu") return "ready";
  return isUnreadyForCpu(pod, input) ? "unready" : "ready";
}

/** What a pod uses while it starts says nothing about its work. */
function isUnreadyForCpu(pod: Pod, { metrics, nowMs }: ResourceInput): boolean {
  const ready = readyCondition(pod);
  const startMs = timeMs(pod.status?.startTime);
  if (ready === undefined || startMs === undefined) return true;
  const sinceMs = timeMs(ready.lastTransitionTime) ?? 0;
  if (startMs + cpuInitializationMs > nowMs) {
    const found = metrics.get(pod.metadata.name ?? "");
    const measuredMs = timeMs(found?.timestamp) ?? 0;
    return ready.status === "False" || measuredMs < sinceMs + windowMs(found?.window);
  }
  return ready.status === "False" && startMs + initialReadinessMs > sinceMs;
}

function windowMs(text: string | undefined): number {
  const match = /^(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text ?? "");
  return (Number(match?.[1] ?? 0) * 60 + Number(match?.[2] ?? 0)) * 1000;
}

/** In thousandths; undefined when nothing is known of one of the containers. */
function usageOf(pod: Pod, { metrics, resource, container }: ResourceInput): number | undefined {
  const found = metrics.get(pod.metadata.name ?? "")?.containers ?? [];
  const chosen = container === undefined ? found : found.filter(({ name }) => name === container);
  const amounts = chosen.map(({ usage }) => usage?.[resource]);
  if (amounts.length === 0 || amounts.includes(undefined)) return undefined;
  return amounts.reduce<number>((sum, amount) => sum + milliValue(amount), 0);
}

/** In thousandths; or what is missing. */
function requestOf(pod: Pod, { resource, container }: ResourceInput): number | string {
  let sum = 0;
  for (const { name, resources } of pod.spec.containers) {
    if (container !== undefined && name !== container) continue;
    const request = resources?.requests?.[resource];
    if (request === undefined)
      return `missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`;
    sum += milliValue(request);
  }
  return sum;
}
