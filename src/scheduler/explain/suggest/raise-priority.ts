/** A priority with which the scheduler would make room by itself. */

import type { Cluster, PlacedPod } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { Profile } from "../../framework/profile.ts";
import { costs, podTarget, type Change, type PodEdit } from "./change.ts";
import { editCommand } from "./owner.ts";

const preemptionPlugin = "DefaultPreemption";
/** The highest that a PriorityClass of users may have. */
const MAX_USER_PRIORITY = 1_000_000_000;

interface PriorityClassObject {
  readonly metadata: { readonly name?: string | undefined };
  readonly value?: number | undefined;
}

export function raisePriority(
  pod: PodInfo,
  victims: readonly PlacedPod[],
  { cluster, profile }: { readonly cluster: Cluster; readonly profile: Profile },
): Change | undefined {
  const needed = Math.max(...victims.map(({ info }) => info.priority)) + 1;
  if (needed <= pod.priority || needed > MAX_USER_PRIORITY || mayNotPreempt(pod)) return undefined;
  if (!profile.plugins.some(({ plugin }) => plugin.name === preemptionPlugin)) return undefined;
  const known = classFor(cluster, needed);
  const value = known?.value ?? needed;
  const names = victims.map(({ info }) => info.key).join(", ");
  const how =
    known === undefined ? `a priority of at least ${needed}` : `priority class ${known.metadata.name}`;
  const named: PodEdit[] = [
    { op: "add", path: "/spec/priorityClassName", value: known?.metadata.name ?? "" },
  ];
  return {
    type: "RaisePriority",
    target: podTarget(pod.object),
    summary: `give it ${how}, to preempt ${names}`,
    command: known === undefined ? undefined : editCommand(pod.object, named),
    cost: costs.raisePriority + 4 * victims.length,
    edits: [{ op: "add", path: "/spec/priority", value }],
    removed: victims,
  };
}

function mayNotPreempt({ object }: PodInfo): boolean {
  return (object.spec as { preemptionPolicy?: string }).preemptionPolicy === "Never";
}

function classFor(cluster: Cluster, needed: number): PriorityClassObject | undefined {
  return cluster.related
    .list<PriorityClassObject>("PriorityClass")
    .filter(({ value = 0 }) => value >= needed && value <= MAX_USER_PRIORITY)
    .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}
