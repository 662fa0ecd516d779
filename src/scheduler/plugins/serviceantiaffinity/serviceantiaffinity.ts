/**
 * ServiceAntiAffinity of OpenShift v3: pods of a service spread over the values of a label of the nodes, for instance
 * over racks: the smaller the share of the service's pods that has the same value, the better.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../../framework/plugin.ts";
import type { LabelColumn } from "../../snapshot/labels.ts";
import { PodGroups } from "../servicepods/service-pods.ts";

export interface ServiceAntiAffinityArgs {
  /** What the policy calls it. */
  readonly name: string;
  readonly label: string;
  readonly maxScore?: number | undefined;
}

interface AntiAffinityState {
  readonly column: LabelColumn;
  /** By number of the label's value: how many pods of the service are there. */
  readonly counts: readonly number[];
  /** Of the service, wherever they are. */
  readonly total: number;
}

export function serviceAntiAffinity(args: ServiceAntiAffinityArgs): Plugin<unknown, AntiAffinityState> {
  const { name, label, maxScore = MAX_NODE_SCORE } = args;
  const groups = new PodGroups(["Service"], true);
  return {
    name,
    policyName: "ServiceAntiAffinity",
    related: ["Service"],
    shareKey: (pod) => PodGroups.keyOf(pod),
    version: (pod, cluster) => groups.of(pod, cluster)?.version ?? 0,
    preScore: (pod, cluster) => {
      const column = cluster.labelColumn(label);
      if (column === undefined) return skip;
      const group = groups.of(pod, cluster);
      const counts: number[] = [];
      let total = 0;
      for (let row = 0; row < cluster.rows; row++) {
        const count = group?.counts[row] ?? 0;
        if (count === 0) continue;
        total += count;
        const value = column.ids[row] ?? 0;
        counts[value] = (counts[value] ?? 0) + count;
      }
      return proceed({ column, counts, total });
    },
    score: ({ column, counts, total }, row) => {
      const value = column.ids[row] ?? 0;
      if (value === 0) return 0;
      if (total === 0) return maxScore;
      return Math.trunc(maxScore * ((total - (counts[value] ?? 0)) / total));
    },
  };
}
