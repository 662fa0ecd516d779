import { Cluster } from "../../snapshot/cluster.ts";

export function copyOf(cluster: Cluster): Cluster {
  const copy = new Cluster();
  for (let row = 0; row < cluster.rows; row++) {
    const node = cluster.node(row);
    if (node === undefined) continue;
    copy.setNode(node);
    for (const { info, nodeName } of cluster.podsOn(row)) copy.addPod(info, nodeName);
  }
  return copy;
}
