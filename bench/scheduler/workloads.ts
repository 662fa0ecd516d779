/** The workloads of `bench scheduler`, as plain objects. */

import type { NodeObject, PodObject } from "../../src/scheduler/snapshot/objects.ts";

export const workloadNames = ["basic", "hostport", "unschedulable", "preemption"] as const;
export type WorkloadName = (typeof workloadNames)[number];

export interface Workload {
  readonly name: WorkloadName;
  /** Pods that no node can take and that stay in the queue meanwhile. */
  readonly stuck: readonly PodObject[];
  /** Pods of low priority that fill the nodes before. */
  readonly initial: readonly PodObject[];
  readonly pod: (index: number) => PodObject;
}

/** Of 32 cpu, 256 Gi and 110 pods, in three zones. */
export function benchNode(index: number): NodeObject & { readonly metadata: { readonly name: string } } {
  const name = `node-${index}`;
  const amounts = { cpu: "32", memory: "256Gi", pods: "110" };
  const labels = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${index % 3}` };
  return { metadata: { name, labels }, spec: {}, status: { allocatable: amounts, capacity: amounts } };
}

const stuckPods = 1000;
/** How many different stuck pods there are. */
const stuckKinds = 10;
const namespace = "default";

function benchPod(name: string, cpu: string, hostPort?: number): PodObject {
  const ports = hostPort === undefined ? [] : [{ containerPort: 80, hostPort, protocol: "TCP" }];
  const resources = { requests: { cpu, memory: "200Mi" } };
  const containers = [{ name: "main", image: "registry.k8s.io/pause", resources, ports }];
  return { metadata: { name, namespace, uid: `uid-${name}` }, spec: { containers } };
}

/** Initial pods for each pod that is to preempt, which asks for as much as one fewer of them have. */
const initialPerPreemptor = 4;

function preemptionWorkload(nodes: number, pods: number): Workload {
  const perNode = Math.ceil(pods / nodes) * initialPerPreemptor;
  const milliCpu = Math.floor(32_000 / perNode);
  const withPriority = ({ metadata, spec }: PodObject, priority: number, startTime?: string): PodObject => ({
    metadata,
    spec: { ...spec, priority },
    status: { startTime },
  });
  return {
    name: "preemption",
    stuck: [],
    initial: Array.from({ length: nodes * perNode }, (_, index) => {
      const start = new Date(Date.UTC(2026, 0, 1) + (index % 86_400) * 1000).toISOString();
      return withPriority(benchPod(`initial-${index}`, `${milliCpu}m`), 0, start);
    }),
    pod: (index) => withPriority(benchPod(`pod-${index}`, `${milliCpu * (initialPerPreemptor - 1)}m`), 10),
  };
}

export function workload(name: WorkloadName, nodes: number, pods: number): Workload {
  if (name === "preemption") return preemptionWorkload(nodes, pods);
  // A port fits once a node: as many ports as it takes for all pods to find room.
  const ports = Math.ceil((1.25 * pods) / nodes);
  const stuck = name === "unschedulable" ? stuckPods : 0;
  return {
    name,
    initial: [],
    stuck: Array.from({ length: stuck }, (_, index) =>
      benchPod(`stuck-${index}`, String(33 + (index % stuckKinds))),
    ),
    pod: (index) =>
      benchPod(`pod-${index}`, "100m", name === "hostport" ? 8000 + (index % ports) : undefined),
  };
}
