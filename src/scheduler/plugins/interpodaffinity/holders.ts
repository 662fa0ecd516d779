/** The pods of a domain that stand in the way. */

import type { Holder } from "../../framework/plugin.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { TopologyKey } from "../../snapshot/topology/topology-key.ts";

const MAX_HOLDERS = 5;

export function holdersIn(
  key: TopologyKey,
  id: number,
  cluster: Cluster,
  isInTheWay: (pod: PodInfo) => boolean,
): readonly Holder[] {
  const holders: Holder[] = [];
  for (let row = 0; row < cluster.rows && holders.length < MAX_HOLDERS; row++) {
    if (key.idOf(row) !== id) continue;
    for (const { info } of cluster.podsOn(row)) {
      if (!isInTheWay(info)) continue;
      holders.push({ pod: info.key });
      if (holders.length === MAX_HOLDERS) break;
    }
  }
  return holders;
}
