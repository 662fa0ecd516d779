/** The Node object of a virtual node, from what the machine has and how it is. Pure. */

import { setCondition } from "../../model/conditions.ts";
import type { Condition } from "../../model/meta.ts";
import { byteQuantity, milliQuantity } from "../../model/quantity.ts";
import type { Node, NodeStatus } from "../../model/kinds/core/node/node.ts";
import type { Pressure } from "./eviction/thresholds.ts";
import { maxPodsPerNode, pidPressureFraction } from "./limits.ts";
import type { MachineInfo } from "./machine.ts";
import { isoOf } from "./pod-status.ts";

export interface NodeDefinition {
  readonly name: string;
  /** The loopback address that the node's host ports are bound to. */
  readonly address: string;
  /** What is not given is the machine's, divided by the number of nodes. */
  readonly capacity?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface NodeFacts {
  readonly machine: MachineInfo;
  readonly pressure: Pressure;
  readonly pidsFreeFraction: number;
  /** How many nodes share the machine. */
  readonly nodes: number;
  /** `podman://4.3.1`. */
  readonly runtimeVersion: string;
  readonly version: string;
  readonly architecture: string;
  /** What is wrong with the engine; absent: nothing. */
  readonly engineTrouble?: string | undefined;
  readonly nowMs: number;
}

/** What a node can send or receive; as an annotation, where the machine does not know it itself. */
const networkResource = "nagi.dev/network-mbps";

export function capacityOf(
  definition: NodeDefinition,
  { machine, nodes }: Pick<NodeFacts, "machine" | "nodes">,
  node?: Node,
): Record<string, string> {
  const network = networkOf(node) ?? Math.floor(machine.networkMbps / nodes);
  return {
    cpu: milliQuantity(Math.floor((machine.cpus * 1000) / nodes)),
    memory: byteQuantity(Math.floor(machine.memoryBytes / nodes / 1024) * 1024),
    "ephemeral-storage": byteQuantity(Math.floor(machine.storageBytes / nodes / 1024) * 1024),
    pods: String(maxPodsPerNode),
    ...(network > 0 ? { [networkResource]: String(network) } : {}),
    ...definition.capacity,
  };
}

function networkOf(node: Node | undefined): number | undefined {
  const text = node?.metadata.annotations?.[networkResource] ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export function nodeLabels(definition: NodeDefinition, architecture: string): Record<string, string> {
  return {
    "kubernetes.io/hostname": definition.name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": architecture,
    ...definition.labels,
  };
}

export function nodeStatus(
  definition: NodeDefinition,
  facts: NodeFacts,
  previous: Node | undefined,
): NodeStatus {
  const { machine, runtimeVersion, version, architecture, nowMs } = facts;
  const now = isoOf(nowMs);
  const conditions = nodeConditions(facts).reduce(
    (list, condition) => setCondition(list, { ...condition, lastProbeTime: undefined }, now),
    (previous?.status?.conditions ?? []) as readonly Condition[],
  );
  const capacity = capacityOf(definition, facts, previous);
  return {
    capacity,
    allocatable: capacity,
    conditions: [...conditions],
    addresses: [
      { type: "InternalIP", address: definition.address },
      { type: "Hostname", address: definition.name },
    ],
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.systemUUID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: runtimeVersion,
      kubeletVersion: version,
      kubeProxyVersion: version,
      operatingSystem: "linux",
      architecture,
    },
  };
}

function nodeConditions({ pressure: isShort, pidsFreeFraction, engineTrouble }: NodeFacts): Condition[] {
  const pressure = (type: string, has: boolean, words: readonly [yes: string, no: string]): Condition => {
    const [yes, no] = words;
    return { type, status: has ? "True" : "False", reason: has ? yes : no, message: pressureText(has, yes) };
  };
  return [
    pressure("MemoryPressure", isShort.memory, [
      "KubeletHasInsufficientMemory",
      "KubeletHasSufficientMemory",
    ]),
    pressure("DiskPressure", isShort.disk, ["KubeletHasDiskPressure", "KubeletHasNoDiskPressure"]),
    pressure("PIDPressure", pidsFreeFraction < pidPressureFraction, [
      "KubeletHasInsufficientPID",
      "KubeletHasSufficientPID",
    ]),
    engineTrouble === undefined
      ? {
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          message: "the agent is posting ready status",
        }
      : {
          type: "Ready",
          status: "False",
          reason: "KubeletNotReady",
          message: `container runtime is down: ${engineTrouble}`,
        },
  ];
}

function pressureText(has: boolean, reason: string): string {
  const what: Readonly<Record<string, string>> = {
    KubeletHasInsufficientMemory: "memory",
    KubeletHasDiskPressure: "disk space",
    KubeletHasInsufficientPID: "process ids",
  };
  return has ? `the machine is short of ${what[reason]}` : `the machine has enough ${what[reason]}`;
}
