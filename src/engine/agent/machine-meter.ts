/** From what the kernel counts to what each node of the machine uses, as NodeMetrics has it. Pure. */

import { byteQuantity, milliQuantity } from "../../model/quantity.ts";
import type { ContainerCounters, MachineCounters } from "./machine-counters.ts";
import { averageUseMs } from "./limits.ts";

export interface NodeUse {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** How much of the time the busiest disk had work. */
  readonly diskBusyPercent: number;
  /** In the busier direction. */
  readonly networkMbps: number;
  readonly podsCpuMillis: number;
  readonly podsMemoryBytes: number;
  readonly podsCpuAverage: number;
  readonly podsMemoryAverage: number;
}

interface Averages {
  readonly cpu: number;
  readonly memory: number;
  /** How long they have been made from, up to `averageUseMs`. */
  readonly overMs: number;
}

export class MachineMeter {
  readonly #nodes: readonly string[];
  #last: MachineCounters | undefined;
  readonly #averages = new Map<string, Averages>();

  constructor(nodes: readonly string[]) {
    this.#nodes = nodes;
  }

  /** By node, since the last time; undefined at the first. What is no pod's is divided among the nodes. */
  measure(now: MachineCounters): ReadonlyMap<string, NodeUse> | undefined {
    const last = this.#last;
    this.#last = now;
    if (last === undefined || now.atMs <= last.atMs) return undefined;
    const elapsedMs = now.atMs - last.atMs;
    const pods = podsByNode(last, now, elapsedMs);
    const all = totalsOf(last, now, elapsedMs);
    const ofPods = [...pods.values()];
    const otherCpu = Math.max(0, all.cpuMillis - sum(ofPods.map(({ cpuMillis }) => cpuMillis)));
    const otherMemory = Math.max(0, all.memoryBytes - sum(ofPods.map(({ memoryBytes }) => memoryBytes)));
    const shares = Math.max(1, this.#nodes.length);
    return new Map(
      this.#nodes.map((node) => {
        const own = pods.get(node) ?? { cpuMillis: 0, memoryBytes: 0 };
        const average = this.#average(node, own, elapsedMs);
        const use: NodeUse = {
          cpuMillis: own.cpuMillis + otherCpu / shares,
          memoryBytes: own.memoryBytes + otherMemory / shares,
          diskBytes: now.diskUsedBytes / shares,
          diskBusyPercent: all.diskBusyPercent,
          networkMbps: all.networkMbps / shares,
          podsCpuMillis: own.cpuMillis,
          podsMemoryBytes: own.memoryBytes,
          podsCpuAverage: average.cpu,
          podsMemoryAverage: average.memory,
        };
        return [node, use];
      }),
    );
  }

  /** A mean in which older measurements fade; in the beginning the plain mean. */
  #average(node: string, { cpuMillis, memoryBytes }: PodsUse, elapsedMs: number): Averages {
    const before = this.#averages.get(node) ?? { cpu: 0, memory: 0, overMs: 0 };
    const overMs = Math.min(averageUseMs, before.overMs + elapsedMs);
    const share = Math.min(1, elapsedMs / overMs);
    const next = {
      cpu: before.cpu + (cpuMillis - before.cpu) * share,
      memory: before.memory + (memoryBytes - before.memory) * share,
      overMs,
    };
    this.#averages.set(node, next);
    return next;
  }
}

interface PodsUse {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

function podsByNode(last: MachineCounters, now: MachineCounters, elapsedMs: number): Map<string, PodsUse> {
  const use = new Map<string, PodsUse>();
  for (const [id, container] of now.containers) {
    const before = use.get(container.node) ?? { cpuMillis: 0, memoryBytes: 0 };
    const cpuMs = cpuSince(last.containers.get(id), container) / 1000;
    use.set(container.node, {
      cpuMillis: before.cpuMillis + (cpuMs * 1000) / elapsedMs,
      memoryBytes: before.memoryBytes + container.memoryBytes,
    });
  }
  return use;
}

/** A new container started within the time. */
function cpuSince(last: ContainerCounters | undefined, now: ContainerCounters): number {
  return Math.max(0, now.cpuUs - (last?.cpuUs ?? 0));
}

function totalsOf(last: MachineCounters, now: MachineCounters, elapsedMs: number) {
  const ticks = now.cpuTotal - last.cpuTotal;
  const busy = ticks <= 0 ? 0 : Math.max(0, (now.cpuBusy - last.cpuBusy) / ticks);
  const bytes = Math.max(now.receivedBytes - last.receivedBytes, now.sentBytes - last.sentBytes, 0);
  let diskBusyMs = 0;
  for (const [disk, busyMs] of now.diskBusyMs) {
    diskBusyMs = Math.max(diskBusyMs, busyMs - (last.diskBusyMs.get(disk) ?? busyMs));
  }
  return {
    cpuMillis: busy * now.cpus * 1000,
    memoryBytes: now.memoryUsedBytes,
    diskBusyPercent: Math.min(100, (diskBusyMs * 100) / elapsedMs),
    networkMbps: (bytes * 8) / 1000 / elapsedMs,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** As `usage` of NodeMetrics: what `kubectl top nodes` shows, and more. */
export function usageOf(use: NodeUse): Record<string, string> {
  return {
    cpu: milliQuantity(Math.round(use.cpuMillis)),
    memory: kilobytes(use.memoryBytes),
    "ephemeral-storage": kilobytes(use.diskBytes),
    "nagi.dev/disk-busy-percent": String(Math.round(use.diskBusyPercent)),
    "nagi.dev/network-mbps": String(Math.round(use.networkMbps)),
    "nagi.dev/pods-cpu": milliQuantity(Math.round(use.podsCpuMillis)),
    "nagi.dev/pods-memory": kilobytes(use.podsMemoryBytes),
    "nagi.dev/pods-cpu-average": milliQuantity(Math.round(use.podsCpuAverage)),
    "nagi.dev/pods-memory-average": kilobytes(use.podsMemoryAverage),
  };
}

function kilobytes(bytes: number): string {
  return byteQuantity(Math.round(bytes / 1024) * 1024);
}
