/**
 * What nodes really use, as measured (NodeMetrics), whoever uses it. A measurement is old news as soon as a pod is
 * placed: the requests of that moment are kept beside it, so that what was asked for since can be added.
 */

import { grownBytes, grownFloats } from "./columns.ts";
import { amountOf, MAX_SUM } from "./amounts.ts";
import type { QuantityMap, MetaObject } from "./objects.ts";
import type { ResourceTable } from "./resources.ts";

export interface NodeMetricsObject {
  readonly metadata: MetaObject;
  readonly usage?: QuantityMap | undefined;
}

/** The usage of NodeMetrics that is looked at, by the name it has there. */
export const usageNames = {
  cpu: "cpu",
  memory: "memory",
  disk: "ephemeral-storage",
  /** How much of the time the busiest disk has work. */
  diskBusyPercent: "nagi.dev/disk-busy-percent",
  /** In the busier direction. */
  networkMbps: "nagi.dev/network-mbps",
  /** Of the pods alone. */
  podsCpu: "nagi.dev/pods-cpu",
  podsMemory: "nagi.dev/pods-memory",
  /** The same as a mean over some time. */
  podsCpuAverage: "nagi.dev/pods-cpu-average",
  podsMemoryAverage: "nagi.dev/pods-memory-average",
} as const;

export type UsageName = keyof typeof usageNames;
const names = Object.keys(usageNames) as UsageName[];

/** In place of an amount that was not measured. */
export const UNMEASURED = -1;

export class LoadTable {
  /** Per row: 1 where there is a measurement. */
  measured = new Uint8Array(0);
  /** Per row, in the resource's unit; UNMEASURED where it is not known. */
  readonly used: Record<UsageName, Float64Array>;
  /** What pods had asked for when it was measured. */
  requestedCpu = new Float64Array(0);
  requestedMemory = new Float64Array(0);

  constructor() {
    this.used = Object.fromEntries(names.map((name) => [name, new Float64Array(0)])) as Record<
      UsageName,
      Float64Array
    >;
  }

  grow(room: number): void {
    this.measured = grownBytes(this.measured, room);
    for (const name of names) this.used[name] = grownFloats(this.used[name], room);
    this.requestedCpu = grownFloats(this.requestedCpu, room);
    this.requestedMemory = grownFloats(this.requestedMemory, room);
  }

  set(row: number, metrics: NodeMetricsObject | undefined, resources: ResourceTable): void {
    this.measured[row] = metrics === undefined ? 0 : 1;
    for (const name of names) this.used[name][row] = amountIn(metrics?.usage, usageNames[name]);
    this.requestedCpu[row] = resources.cpu.requested[row] ?? 0;
    this.requestedMemory[row] = resources.memory.requested[row] ?? 0;
  }

  /** What is in use by now, as far as can be told: what was measured, and what was asked for since. */
  expectedCpu(row: number, resources: ResourceTable): number {
    return since(this.used.cpu[row], resources.cpu.requested[row], this.requestedCpu[row]);
  }

  expectedMemory(row: number, resources: ResourceTable): number {
    return since(this.used.memory[row], resources.memory.requested[row], this.requestedMemory[row]);
  }
}

function since(measured = UNMEASURED, requested = 0, before = 0): number {
  return measured < 0 ? UNMEASURED : measured + Math.max(0, requested - before);
}

/** What is not a quantity was not measured. */
function amountIn(usage: QuantityMap | undefined, name: string): number {
  const quantity = usage !== undefined && Object.hasOwn(usage, name) ? usage[name] : undefined;
  if (quantity === undefined) return UNMEASURED;
  try {
    return Math.min(
      MAX_SUM,
      amountOf(name.endsWith("cpu") || name.endsWith("cpu-average") ? "cpu" : name, quantity),
    );
  } catch {
    return UNMEASURED;
  }
}
