/** Which pods of a node a drain evicts, which it leaves, and which it may not touch without being told to. Pure. */

import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { controllerOf } from "../../model/meta.ts";

export interface DrainOptions {
  /** Also pods that nobody makes again. */
  readonly force: boolean;
  readonly ignoreDaemonsets: boolean;
  /** Also pods whose emptyDir volumes go with them. */
  readonly deleteEmptydirData: boolean;
}

export interface DrainPlan {
  readonly evict: readonly Pod[];
  /** Stay, with the reason. */
  readonly ignored: readonly { readonly pod: Pod; readonly reason: string }[];
  /** What stands against the drain, as sentences. */
  readonly refusals: readonly string[];
}

export function planDrain(pods: readonly Pod[], options: DrainOptions): DrainPlan {
  const evict: Pod[] = [];
  const ignored: { pod: Pod; reason: string }[] = [];
  const refused = new Map<string, string[]>();
  for (const pod of pods) {
    const kept = reasonToKeep(pod, options);
    const against = kept === undefined ? refusalOf(pod, options) : undefined;
    if (kept !== undefined) ignored.push({ pod, reason: kept });
    else if (against === undefined) evict.push(pod);
    else {
      const { namespace, name } = pod.metadata;
      refused.set(against, [...(refused.get(against) ?? []), `${namespace}/${name}`]);
    }
  }
  const refusals = [...refused].map(([why, names]) => `cannot delete ${why}: ${names.sort().join(", ")}`);
  return { evict, ignored, refusals };
}

const mirror = "kubernetes.io/config.mirror";

function reasonToKeep(pod: Pod, { ignoreDaemonsets }: DrainOptions): string | undefined {
  if (pod.metadata.annotations?.[mirror] !== undefined) return "it belongs to the node itself";
  if (ignoreDaemonsets && controllerOf(pod)?.kind === "DaemonSet" && !hasEnded(pod)) {
    return "it is managed by a DaemonSet";
  }
  return undefined;
}

function refusalOf(pod: Pod, options: DrainOptions): string | undefined {
  if (hasEnded(pod) || pod.metadata.deletionTimestamp !== undefined) return undefined;
  const owner = controllerOf(pod);
  if (owner?.kind === "DaemonSet") return "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
  if (owner === undefined && !options.force) {
    return "Pods that declare no controller (use --force to override)";
  }
  const hasLocalData = (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir !== undefined);
  if (hasLocalData && !options.deleteEmptydirData) {
    return "Pods with local storage (use --delete-emptydir-data to override)";
  }
  return undefined;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}
