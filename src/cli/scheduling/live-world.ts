/** The cluster as the API shows it, for questions that are answered here: read only. */

import type { Client } from "../../client/client.ts";
import type { Kind } from "../../model/kind.ts";
import { node } from "../../model/kinds/core/node/node.ts";
import { pod } from "../../model/kinds/core/pod/pod.ts";
import { allKinds } from "../../model/registry.ts";
import { StatusError } from "../../model/status.ts";
import { relatedKinds, type RelatedItem, type World } from "../../scheduler/simulate/world.ts";

const groupsByKind: Readonly<Record<string, string>> = {
  ReplicaSet: "apps",
  StatefulSet: "apps",
  StorageClass: "storage.k8s.io",
  CSINode: "storage.k8s.io",
  PodDisruptionBudget: "policy",
  PriorityClass: "scheduling.k8s.io",
  PodGroup: "scheduling.x-k8s.io",
  NodeMetrics: "metrics.k8s.io",
};

export async function liveWorld(client: Client): Promise<World> {
  const [nodes, pods, ...related] = await Promise.all([
    client.list(node),
    client.list(pod),
    ...relatedKinds.map((name) => relatedOf(client, name)),
  ]);
  return { nodes: nodes.items, pods: pods.items, related: related.flat() };
}

/** A cluster without the kind, or a user who may not see it, has none of it as far as this goes. */
async function relatedOf(client: Client, name: string): Promise<RelatedItem[]> {
  const kind: Kind | undefined = allKinds.find(
    (each) => each.kind === name && each.group === (groupsByKind[name] ?? ""),
  );
  if (kind === undefined) return [];
  try {
    const { items } = await client.list(kind);
    return items.map((object) => ({ kind: name, object }));
  } catch (error) {
    if (error instanceof StatusError && (error.reason === "NotFound" || error.reason === "Forbidden"))
      return [];
    throw error;
  }
}
