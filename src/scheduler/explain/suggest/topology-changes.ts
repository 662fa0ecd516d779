/** Labels that a node lacks for the pod's demands about domains: the values that other nodes have. */

import type { Cluster } from "../../snapshot/cluster.ts";
import type { NodeObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { Change } from "./change.ts";
import { labelChange } from "./node-changes.ts";

const MAX_VALUES = 4;
const MAX_KEYS = 4;

export function missingDomains(pod: PodInfo, node: NodeObject, { topology }: Cluster): Change[] {
  const labels = node.metadata.labels ?? {};
  const missing = demandedKeys(pod).filter((key) => labels[key] === undefined);
  return missing.slice(0, MAX_KEYS).flatMap((key): Change[] => {
    const values = topology.key(key).valuesInUse(MAX_VALUES);
    return values.flatMap((value) => labelChange(node, { ...labels, [key]: value }) ?? []);
  });
}

function demandedKeys({ object: { spec } }: PodInfo): readonly string[] {
  const spread = (spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable !== "ScheduleAnyway")
    .map(({ topologyKey }) => topologyKey);
  const terms = spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return [...new Set([...spread, ...terms.map(({ topologyKey }) => topologyKey)])];
}
