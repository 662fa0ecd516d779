/** The pods that a constraint counts, by domain. */

import { formatSelector, matches, type Selector } from "../../../model/labels.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { NodeMask } from "../../snapshot/topology/node-mask.ts";
import type { Population } from "../../snapshot/topology/population.ts";
import { demandTest } from "../nodeaffinity/terms.ts";
import { keepsAway } from "../tainttoleration/tolerates.ts";
import type { Constraint } from "./constraints.ts";

/** A selector without requirements counts nothing; neither do pods that are going. */
export function countedPods(selector: Selector, namespace: string, { topology }: Cluster): Population {
  return topology.selected({
    text: `spread ${namespace} ${JSON.stringify(selector)}`,
    usesNamespaceLabels: false,
    selects: (owner, isTerminating) =>
      !isTerminating &&
      owner.namespace === namespace &&
      selector.length > 0 &&
      matches(selector, owner.labels),
  });
}

export function isCounted(selector: Selector, { namespace }: PodInfo, other: PodInfo): boolean {
  const { labels, deletionTimestamp } = other.object.metadata;
  return (
    deletionTimestamp === undefined &&
    other.namespace === namespace &&
    selector.length > 0 &&
    matches(selector, labels)
  );
}

/** The nodes whose pods count for a constraint: those with all these labels that the constraint's policies let count. */
export function countedNodes(
  { honorsAffinity, honorsTaints }: Constraint,
  keys: readonly string[],
  pod: PodInfo,
  cluster: Cluster,
): NodeMask {
  const { nodeSelector, affinity, tolerations = [] } = pod.object.spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const places = honorsAffinity && (nodeSelector !== undefined || required !== undefined);
  const text = JSON.stringify([keys, places && [nodeSelector, required], honorsTaints && tolerations]);
  const { topology, taints } = cluster;
  const isPlace = places ? demandTest(pod.object.spec, cluster) : () => true;
  const columns = keys.map((key) => topology.key(key));
  return topology.mask(text, (row) => {
    if (cluster.present[row] !== 1) return false;
    if (!columns.every((key) => key.idOf(row) !== 0) || !isPlace(row)) return false;
    return !honorsTaints || !taints.list(taints.ids[row] ?? 0).some((taint) => keepsAway(taint, tolerations));
  });
}

export function selectorText(selector: Selector): string {
  return formatSelector(selector) || "nothing";
}
