/**
 * Which pods of one node would have to go for a pod: all of lower priority are taken away; if the pod fits then, they
 * are given back one by one, the most important first, as long as it still fits. Those whose budget would be
 * violated come first, so that as few as possible of them go.
 */

import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { Budgets } from "./budgets.ts";

export interface Victims {
  /** The most important first; none when the node would take the pod as it is. */
  readonly pods: readonly PodInfo[];
  /** How many of them go against a budget. */
  readonly violations: number;
}

export interface VictimSearch {
  readonly cluster: Cluster;
  readonly priority: number;
  readonly budgets: Budgets;
  /** 0 when the node takes the pod as the cluster is. */
  readonly judge: (row: number) => number;
}

export function lowerPriorityPods(cluster: Cluster, row: number, priority: number): PodInfo[] {
  const lower: PodInfo[] = [];
  for (const { info } of cluster.podsOn(row)) if (info.priority < priority) lower.push(info);
  return lower;
}

/** The verdict of the node when it takes the pod not even without the `lower` ones. */
export function victimsOn(row: number, lower: readonly PodInfo[], search: VictimSearch): Victims | number {
  return without(lower, search.cluster, () => {
    const verdict = search.judge(row);
    return verdict === 0 ? giveBack(row, lower, search) : verdict;
  });
}

/** What `work` finds in the cluster while these pods are not there. */
export function without<T>(pods: readonly PodInfo[], cluster: Cluster, work: () => T): T {
  const places = pods.map((info) => ({ info, nodeName: cluster.pod(info.uid)?.nodeName ?? "" }));
  return cluster.tentatively(() => {
    for (const info of pods) cluster.removePod(info.uid);
    try {
      return work();
    } finally {
      for (const { info, nodeName } of places) {
        if (cluster.pod(info.uid) === undefined) cluster.addPod(info, nodeName);
      }
    }
  });
}

function giveBack(row: number, lower: readonly PodInfo[], search: VictimSearch): Victims {
  const { cluster, budgets, judge } = search;
  const nodeName = cluster.nodeName(row);
  const ordered = inOrder(lower);
  const violating = budgets.violating(ordered);
  const staysOut = (info: PodInfo): boolean => {
    cluster.addPod(info, nodeName);
    if (judge(row) === 0) return false;
    cluster.removePod(info.uid);
    return true;
  };
  if (violating.size === 0) return { pods: ordered.filter(staysOut), violations: 0 };
  const protectedOut = ordered.filter((info) => violating.has(info)).filter(staysOut);
  const othersOut = ordered.filter((info) => !violating.has(info)).filter(staysOut);
  return { pods: inOrder([...protectedOut, ...othersOut]), violations: protectedOut.length };
}

/** The more important first: by priority, then who has run for longer; by name where that is the same. */
function inOrder(pods: readonly PodInfo[]): PodInfo[] {
  return pods
    .map((info) => ({ info, start: startMs(info) }))
    .sort((a, b) => b.info.priority - a.info.priority || before(a.start, b.start) || byName(a.info, b.info))
    .map(({ info }) => info);
}

function before(startA: number, startB: number): number {
  return startA === startB ? 0 : startA < startB ? -1 : 1;
}

function byName(a: PodInfo, b: PodInfo): number {
  return a.key < b.key ? -1 : 1;
}

/** A pod that has not started counts as started after all others. */
export function startMs({ object }: PodInfo): number {
  const at = object.status?.startTime;
  const ms = at === undefined ? Number.NaN : Date.parse(at);
  return Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms;
}

/** Whether the pod is on its way out to make room for another. */
export function isTerminatingForPreemption({ object }: PodInfo): boolean {
  if (object.metadata.deletionTimestamp === undefined) return false;
  return (object.status?.conditions ?? []).some(
    ({ type, status, reason }) =>
      type === "DisruptionTarget" && status === "True" && reason === "PreemptionByScheduler",
  );
}
