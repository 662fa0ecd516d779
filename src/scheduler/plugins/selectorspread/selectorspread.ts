/**
 * SelectorSpreadPriority (ServiceSpreadingPriority, which looks at services only) of OpenShift v3: the fewer pods of
 * the same service or controller a node has, the better; where nodes have zones, their zones count twice as much as
 * they themselves.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { MAX_NODE_SCORE, proceed, skip } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { NodeObject } from "../../snapshot/objects.ts";
import { PodGroups, type PodGroup } from "../servicepods/service-pods.ts";

export const spreadKinds: readonly string[] = [
  "Service",
  "ReplicationController",
  "ReplicaSet",
  "StatefulSet",
];

export interface SelectorSpreadArgs {
  readonly name: string;
  /** Whose pods belong together. */
  readonly kinds: readonly string[];
  readonly maxScore: number;
}

const zoneShare = 2 / 3;

interface SpreadState {
  readonly counts: Int32Array;
  readonly max: number;
  readonly zones: Zones;
  /** By number of the zone. */
  readonly zoneCounts: readonly number[];
  readonly maxInZone: number;
}

/** Numbers of the nodes' zones. A node that changed is looked at again. */
class Zones {
  readonly #nodes: (NodeObject | undefined)[] = [];
  readonly #ofRow: number[] = [];
  readonly #numbers = new Map<string, number>();

  /** -1 for a node without a zone. */
  of(row: number, cluster: Cluster): number {
    const node = cluster.node(row);
    if (this.#nodes[row] !== node) {
      this.#nodes[row] = node;
      this.#ofRow[row] = this.#numberOf(zoneKey(node));
    }
    return this.#ofRow[row] ?? -1;
  }

  #numberOf(key: string): number {
    if (key === "") return -1;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

export function selectorSpread(
  { name, kinds, maxScore }: SelectorSpreadArgs = {
    name: "SelectorSpread",
    kinds: spreadKinds,
    maxScore: MAX_NODE_SCORE,
  },
): Plugin<unknown, SpreadState> {
  const groups = new PodGroups(kinds, false);
  return {
    name,
    related: kinds,
    shareKey: (pod) => PodGroups.keyOf(pod),
    version: (pod, cluster) => groups.of(pod, cluster)?.version ?? 0,
    preScore: (pod, cluster) => {
      const group = groups.of(pod, cluster);
      return group === undefined ? skip : proceed(spreadOf(group, cluster));
    },
    score: ({ counts, max, zones, zoneCounts, maxInZone }, row, cluster) => {
      const own = max === 0 ? maxScore : maxScore * ((max - (counts[row] ?? 0)) / max);
      const zone = zones.of(row, cluster);
      if (zone < 0) return Math.trunc(own);
      const inZone = zoneCounts[zone] ?? 0;
      const ofZone = maxInZone === 0 ? maxScore : maxScore * ((maxInZone - inZone) / maxInZone);
      return Math.trunc(own * (1 - zoneShare) + zoneShare * ofZone);
    },
  };
}

function spreadOf({ counts }: PodGroup, cluster: Cluster): SpreadState {
  const zones = new Zones();
  const zoneCounts: number[] = [];
  let max = 0;
  for (let row = 0; row < cluster.rows; row++) {
    const count = counts[row] ?? 0;
    if (count === 0) continue;
    if (count > max) max = count;
    const zone = zones.of(row, cluster);
    if (zone >= 0) zoneCounts[zone] = (zoneCounts[zone] ?? 0) + count;
  }
  return { counts, max, zones, zoneCounts, maxInZone: zoneCounts.reduce((a, b) => Math.max(a, b), 0) };
}

function zoneKey(node: NodeObject | undefined): string {
  const labels = node?.metadata.labels ?? {};
  const of = (name: string): string =>
    labels[`topology.kubernetes.io/${name}`] ?? labels[`failure-domain.beta.kubernetes.io/${name}`] ?? "";
  const [region, zone] = [of("region"), of("zone")];
  return region === "" && zone === "" ? "" : `${region}:${zone}`;
}
