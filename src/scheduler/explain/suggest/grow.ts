/** What helps when nothing of what is there will do: another node. */

import { quantityText } from "../../plugins/noderesourcesfit/amount-text.ts";
import type { Cluster } from "../../snapshot/cluster.ts";
import type { NodeObject, QuantityMap } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import { offerOf } from "../../snapshot/resources.ts";
import { costs, type Change } from "./change.ts";

const MAX_SHAPES = 8;
const MAX_NODES_LOOKED_AT = 2000;
const hostnameLabel = "kubernetes.io/hostname";

/** A node like one that is there, the smallest first; then like the largest, but large enough. */
export function newNodes(cluster: Cluster, pod: PodInfo): Change[] {
  const shapes = shapesOf(cluster);
  const changes = shapes.slice(0, MAX_SHAPES).map((node) => addNode(cluster, node, node.metadata.name ?? ""));
  const largest = shapes.at(-1);
  if (largest !== undefined) {
    const asked = Object.entries(pod.object.spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    const made = addNode(cluster, grown(largest, pod));
    const summary = asked.length === 0 ? made.summary : `${made.summary}, labelled ${asked.join(" ")}`;
    changes.push({ ...made, summary });
  }
  return changes;
}

function shapesOf(cluster: Cluster): NodeObject[] {
  const shapes = new Map<string, { node: NodeObject; size: number }>();
  for (let row = 0; row < Math.min(cluster.rows, MAX_NODES_LOOKED_AT); row++) {
    const node = cluster.node(row);
    if (node === undefined) continue;
    const { [hostnameLabel]: _hostname, ...labels } = node.metadata.labels ?? {};
    const key = JSON.stringify([node.status?.allocatable, node.spec?.taints, labels]);
    const { cpu, memory } = cluster.resources;
    const size = (cpu.allocatable[row] ?? 0) / 1000 + (memory.allocatable[row] ?? 0) / 2 ** 32;
    if (!shapes.has(key)) shapes.set(key, { node, size });
  }
  return [...shapes.values()].sort((a, b) => a.size - b.size).map(({ node }) => node);
}

function addNode(cluster: Cluster, shape: NodeObject, like?: string): Change {
  const name = freeName(cluster);
  const offered = shape.status?.allocatable ?? shape.status?.capacity ?? {};
  const size = `${offered["cpu"] ?? "0"} cpu, ${offered["memory"] ?? "0"} memory`;
  const zone = shape.metadata.labels?.["topology.kubernetes.io/zone"];
  const where = zone === undefined ? "" : `, zone ${zone}`;
  return {
    type: "AddNode",
    target: `node/${name}`,
    summary: `add a node ${like === undefined ? "of" : `like ${like}:`} ${size}${where}`,
    cost: costs.addNode + (like === undefined ? 10 : 0),
    family: "AddNode",
    nodes: [newNode(shape, name)],
  };
}

/** An empty node like another one, neither cordoned nor in trouble. */
export function newNode(shape: NodeObject, name: string): NodeObject {
  const { [hostnameLabel]: hostname, ...labels } = shape.metadata.labels ?? {};
  const taints = shape.spec?.taints?.filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
  return {
    metadata: { name, labels: hostname === undefined ? labels : { ...labels, [hostnameLabel]: name } },
    spec: { unschedulable: false, ...(taints === undefined ? {} : { taints }) },
    status: shape.status,
  };
}

function freeName(cluster: Cluster): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? "new-node" : `new-node-${number}`;
    if (cluster.rowOf(name) === undefined) return name;
  }
}

/** With at least as much of everything as the pod asks for, and with its labels. */
function grown(node: NodeObject, { requests, object }: PodInfo): NodeObject {
  const offered: QuantityMap = node.status?.allocatable ?? node.status?.capacity ?? {};
  const offer = offerOf(node);
  const allocatable: Record<string, string> = { ...offered };
  const asked: [string, number][] = [
    ["cpu", Math.ceil(requests.milliCpu / 1000) * 1000],
    ["memory", requests.memoryBytes],
    ["ephemeral-storage", requests.ephemeralBytes],
    ...requests.others.map(({ name, amount }): [string, number] => [name, amount]),
  ];
  for (const [resource, amount] of asked) {
    if (amount > (offer.get(resource) ?? 0)) allocatable[resource] = quantityText(resource, amount);
  }
  const labels = { ...node.metadata.labels, ...object.spec.nodeSelector };
  return { ...node, metadata: { ...node.metadata, labels }, status: { allocatable } };
}
