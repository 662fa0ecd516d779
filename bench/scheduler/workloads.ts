/** The workloads of `bench scheduler`, as plain objects. */

import type { NodeObject, PodObject } from "../../src/scheduler/snapshot/objects.ts";

export const workloadNames = [
  "basic",
  "hostport",
  "spread",
  "antiaffinity",
  "affinity",
  "preferred",
  "mixed",
  "churn",
  "unschedulable",
  "preemption",
] as const;
export type WorkloadName = (typeof workloadNames)[number];

export interface Workload {
  readonly name: WorkloadName;
  /** Pods that no node can take and that stay in the queue meanwhile. */
  readonly stuck: readonly PodObject[];
  /** Pods of low priority that fill the nodes before. */
  readonly initial: readonly PodObject[];
  readonly pod: (index: number) => PodObject;
  /** After so many pods, one of those placed goes. */
  readonly goneEvery?: number | undefined;
  /** After so many pods, a node goes, and one that went before comes back. */
  readonly nodeEvery?: number | undefined;
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

const hostnameKey = "kubernetes.io/hostname";
const zoneKey = "topology.kubernetes.io/zone";

/** Of one app: a Deployment's worth of pods from one template. */
function appPod(name: string, app: string, wishes: Partial<PodObject["spec"]>): PodObject {
  const { metadata, spec } = benchPod(name, "100m");
  return { metadata: { ...metadata, labels: { app } }, spec: { ...spec, ...wishes } };
}

function near(app: string, topologyKey: string) {
  return { labelSelector: { matchLabels: { app } }, topologyKey };
}

const wishes = {
  spread: (app: string) => ({
    topologySpreadConstraints: [{ ...near(app, zoneKey), maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }],
  }),
  antiaffinity: (app: string) => ({
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near(app, hostnameKey)] },
    },
  }),
  affinity: (app: string) => ({
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near(app, zoneKey)] } },
  }),
  /** Together in a zone, but not on one host. */
  preferred: (app: string) => ({
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 50, podAffinityTerm: near(app, zoneKey) },
        ],
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: near(app, hostnameKey) },
        ],
      },
    },
  }),
} as const satisfies Record<string, (app: string) => Partial<PodObject["spec"]>>;

const mixedKinds = ["basic", "spread", "antiaffinity", "affinity", "preferred"] as const;
/** Pods of one app, so that required anti-affinity leaves room on the nodes that there are. */
const podsPerNodeOfApp = 0.8;

function topologyWorkload(name: keyof typeof wishes, nodes: number): Workload {
  const perApp = name === "antiaffinity" ? Math.max(1, Math.floor(nodes * podsPerNodeOfApp)) : Infinity;
  return {
    name,
    initial: [],
    stuck: [],
    pod: (index) => {
      const app = `app-${Math.floor(index / perApp)}`;
      return appPod(`pod-${index}`, app, wishes[name](app));
    },
  };
}

/** Pods of all kinds in turn, ten apps of each. */
function mixedWorkload(name: "mixed" | "churn", churn: Partial<Workload>): Workload {
  return {
    name,
    initial: [],
    stuck: [],
    ...churn,
    pod: (index) => {
      const kind = mixedKinds[index % mixedKinds.length] ?? "basic";
      const app = `${kind}-${Math.floor(index / mixedKinds.length) % 10}`;
      return appPod(`pod-${index}`, app, kind === "basic" ? {} : wishes[kind](app));
    },
  };
}

export function workload(name: WorkloadName, nodes: number, pods: number): Workload {
  switch (name) {
    case "preemption":
      return preemptionWorkload(nodes, pods);
    case "mixed":
      return mixedWorkload(name, {});
    case "churn":
      return mixedWorkload(name, { goneEvery: 2, nodeEvery: 100 });
    case "spread":
    case "antiaffinity":
    case "affinity":
    case "preferred":
      return topologyWorkload(name, nodes);
    default:
      return plainWorkload(name, nodes, pods);
  }
}

/** Where pods are stuck, one of so many placed pods goes again: an event that the stuck ones are held against. */
const goneBesideStuck = 10;

function plainWorkload(name: WorkloadName, nodes: number, pods: number): Workload {
  // A port fits once a node: as many ports as it takes for all pods to find room.
  const ports = Math.ceil((1.25 * pods) / nodes);
  const stuck = name === "unschedulable" ? stuckPods : 0;
  return {
    name,
    initial: [],
    goneEvery: stuck > 0 ? goneBesideStuck : undefined,
    stuck: Array.from({ length: stuck }, (_, index) =>
      benchPod(`stuck-${index}`, String(33 + (index % stuckKinds))),
    ),
    pod: (index) =>
      benchPod(`pod-${index}`, "100m", name === "hostport" ? 8000 + (index % ports) : undefined),
  };
}
