/** The nodes and pods of the simulated cluster: small, so that rules bite. */

import type { Random } from "../../../src/lib/random.ts";
import { newObject } from "../../../src/model/kind.ts";
import { node, type Node } from "../../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../../src/model/kinds/core/pod/pod.ts";

export const packing = "packing";
const zones = ["a", "b"];
const apps = ["web", "db"];

export function simNode(index: number): Node {
  const name = `node-${index}`;
  const allocatable = { cpu: index % 2 === 0 ? "1" : "600m", memory: "1Gi", pods: "5" };
  const labels = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zones[index % 2] ?? "" };
  return newObject<Node>(
    node,
    { name, labels },
    { spec: {}, status: { allocatable, capacity: allocatable } },
  );
}

export function simPod(number: number, random: Random): Pod {
  const chance = (probability: number): boolean => random.next() < probability;
  const app = apps[random.below(apps.length)] ?? "";
  const labelSelector = { matchLabels: { app } };
  const ports = chance(0.3) ? [{ containerPort: 80, hostPort: 80 + random.below(2) }] : [];
  const requests = { cpu: `${100 * (1 + random.below(4))}m`, memory: "64Mi" };
  const spec: Pod["spec"] = {
    schedulerName: chance(0.3) ? packing : undefined,
    containers: [{ name: "c", image: "i", ports, resources: { requests } }],
    nodeSelector: chance(0.2) ? { "topology.kubernetes.io/zone": zones[random.below(2)] ?? "" } : undefined,
    tolerations: chance(0.2) ? [{ operator: "Exists" }] : undefined,
    priority: 10 * random.below(3),
    preemptionPolicy: chance(0.1) ? "Never" : undefined,
    affinity: chance(0.2)
      ? {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { labelSelector, topologyKey: "kubernetes.io/hostname" },
            ],
          },
        }
      : undefined,
    topologySpreadConstraints: chance(0.2)
      ? [
          {
            maxSkew: 1,
            topologyKey: "topology.kubernetes.io/zone",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector,
          },
        ]
      : undefined,
  };
  const metadata = { name: `pod-${number}`, namespace: "default", labels: { app } };
  return newObject<Pod>(pod, metadata, { spec });
}
