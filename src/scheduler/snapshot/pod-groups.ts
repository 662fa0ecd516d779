/** Pods of a PodGroup, and how many of each group have a node. */

import type { PodInfo } from "./pod-info.ts";

const groupLabel = "scheduling.x-k8s.io/pod-group";

/** `namespace/name` of the pod's group. */
export function groupOf({ namespace, object }: PodInfo): string | undefined {
  const name = object.metadata.labels?.[groupLabel];
  return name === undefined || name === "" ? undefined : `${namespace}/${name}`;
}

export class PodGroups {
  readonly #counts = new Map<string, number>();

  count(group: string): number {
    return this.#counts.get(group) ?? 0;
  }

  add(pod: PodInfo, by: 1 | -1): void {
    const group = groupOf(pod);
    if (group === undefined) return;
    const count = this.count(group) + by;
    if (count === 0) this.#counts.delete(group);
    else this.#counts.set(group, count);
  }
}
