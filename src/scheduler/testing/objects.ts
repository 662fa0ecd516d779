/** Small pods and nodes for the tests of the scheduler. */

import { seededRandom } from "../../lib/random.ts";
import { Decider } from "../decide.ts";
import type { Profile } from "../framework/profile.ts";
import { defaultProfile } from "../profiles.ts";
import { Cluster } from "../snapshot/cluster.ts";
import type { ContainerObject, NodeObject, PodObject, QuantityMap } from "../snapshot/objects.ts";
import { readPod, type PodInfo } from "../snapshot/pod-info.ts";

type NodeExtras = NodeObject["spec"] & { labels?: Record<string, string> | undefined };

export function testNode(name: string, allocatable: QuantityMap = {}, extras: NodeExtras = {}): NodeObject {
  const { labels, ...spec } = extras;
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec,
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "110", ...allocatable } },
  };
}

let lastPod = 0;

/** A pod of one container; `spec` adds to it. */
export function testPod(
  name: string,
  container: ContainerObject = {},
  spec: Partial<PodObject["spec"]> = {},
): PodObject {
  return {
    metadata: { name, namespace: "default", uid: `uid-${++lastPod}` },
    spec: { containers: [container], ...spec },
  };
}

export function requests(cpu: string, memory: string, others: QuantityMap = {}): ContainerObject {
  return { resources: { requests: { cpu, memory, ...others } } };
}

export function hostPort(port: number, hostIP?: string, protocol?: string): ContainerObject {
  return { ports: [{ containerPort: port, hostPort: port, hostIP, protocol }] };
}

export interface Bed {
  readonly cluster: Cluster;
  readonly decider: Decider;
  /** Puts a pod on a node. */
  readonly put: (pod: PodObject, nodeName: string) => PodInfo;
}

export function testBed(nodes: readonly NodeObject[], profile: Profile = defaultProfile(), seed = 1): Bed {
  const cluster = new Cluster();
  for (const node of nodes) cluster.setNode(node);
  const decider = new Decider({ profile, cluster, random: seededRandom(seed) });
  const put = (pod: PodObject, nodeName: string): PodInfo => {
    const info = readPod(pod);
    cluster.addPod(info, nodeName);
    return info;
  };
  return { cluster, decider, put };
}
