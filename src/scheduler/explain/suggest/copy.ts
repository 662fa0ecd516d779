/** A cluster of its own for trials. */

import { relatedKinds } from "../../simulate/world.ts";
import { Cluster } from "../../snapshot/cluster.ts";

/** The same nodes, pods, room that is being made, and other objects. The cost grows with all of them. */
export function copyOf(cluster: Cluster): Cluster {
  const copy = new Cluster();
  for (const kind of relatedKinds) {
    for (const object of cluster.related.list(kind)) copy.related.set(kind, object);
  }
  for (let row = 0; row < cluster.rows; row++) {
    const node = cluster.node(row);
    if (node !== undefined) copy.setNode(node);
  }
  for (let row = 0; row < cluster.rows; row++) {
    for (const { info, nodeName } of cluster.podsOn(row)) copy.addPod(info, nodeName);
    for (const info of cluster.nominations.at(row) ?? []) copy.nominate(info, cluster.nodeName(row));
  }
  return copy;
}
