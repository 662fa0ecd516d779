import { Cluster } from "../../snapshot/cluster.ts";

/** What plugins may look at beside pods and nodes. */
const relatedKinds = [
  "Namespace",
  "Service",
  "ReplicationController",
  "ReplicaSet",
  "StatefulSet",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "StorageClass",
  "CSINode",
  "PodDisruptionBudget",
  "PriorityClass",
  "PodGroup",
  "NodeMetrics",
];

/** A cluster of its own with the same nodes, pods and other objects. */
export function copyOf(cluster: Cluster): Cluster {
  const copy = new Cluster();
  for (const kind of relatedKinds) {
    for (const object of cluster.related.list(kind)) copy.related.set(kind, object);
  }
  for (let row = 0; row < cluster.rows; row++) {
    const node = cluster.node(row);
    if (node === undefined) continue;
    copy.setNode(node);
    for (const { info, nodeName } of cluster.podsOn(row)) copy.addPod(info, nodeName);
  }
  return copy;
}
