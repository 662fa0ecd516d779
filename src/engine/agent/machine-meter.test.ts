import { describe, expect, test } from "vitest";
import type { MachineCounters } from "./machine-counters.ts";
import { MachineMeter, usageOf } from "./machine-meter.ts";

const start: MachineCounters = {
  atMs: 1000,
  cpuBusy: 500,
  cpuTotal: 10_000,
  cpus: 4,
  memoryUsedBytes: 4096,
  diskUsedBytes: 8192,
  diskBusyMs: new Map([["sda", 100]]),
  receivedBytes: 1_000_000,
  sentBytes: 5,
  containers: new Map([
    ["c1", { node: "node-1", cpuUs: 1_000_000, memoryBytes: 1024 }],
    ["gone", { node: "node-2", cpuUs: 9_000_000, memoryBytes: 1024 }],
  ]),
};

/** Ten seconds later: half of four processors was busy. */
const later: MachineCounters = {
  ...start,
  atMs: 11_000,
  cpuBusy: 2500,
  cpuTotal: 14_000,
  diskBusyMs: new Map([
    ["sda", 2600],
    ["plugged-in", 99_999],
  ]),
  receivedBytes: 126_000_000,
  containers: new Map([
    ["c1", { node: "node-1", cpuUs: 6_000_000, memoryBytes: 2048 }],
    ["new", { node: "node-1", cpuUs: 1_000_000, memoryBytes: 512 }],
  ]),
};

describe("what the nodes of a machine use", () => {
  test("is known from the second reading on", () => {
    const meter = new MachineMeter(["node-1"]);
    expect(meter.measure(start)).toBeUndefined();
    expect(meter.measure({ ...later, atMs: start.atMs })).toBeUndefined();
  });

  test("is what their pods use, and a share of the rest", () => {
    const meter = new MachineMeter(["node-1", "node-2"]);
    meter.measure(start);
    const uses = meter.measure(later);
    const [first, second] = [uses?.get("node-1"), uses?.get("node-2")];
    // 2000m busy: 500m by c1, 100m by the new one, 1400m by others.
    expect(first).toMatchObject({ podsCpuMillis: 600, cpuMillis: 1300, podsMemoryBytes: 2560 });
    expect(second).toMatchObject({ podsCpuMillis: 0, cpuMillis: 700, memoryBytes: (4096 - 2560) / 2 });
    expect(first).toMatchObject({ diskBusyPercent: 25, networkMbps: 50, diskBytes: 4096 });
  });

  test("is averaged over some time, in which older use fades", () => {
    const meter = new MachineMeter(["node-1"]);
    const at = (minute: number, cpuUs: number): MachineCounters => ({
      ...start,
      atMs: minute * 60_000,
      containers: new Map([["c1", { node: "node-1", cpuUs, memoryBytes: 1000 }]]),
    });
    meter.measure(at(0, 0));
    const first = meter.measure(at(1, 60_000_000))?.get("node-1");
    const second = meter.measure(at(2, 60_000_000))?.get("node-1");
    expect([first?.podsCpuAverage, second?.podsCpuAverage]).toEqual([1000, 500]);
    let last = second;
    for (let minute = 3; minute <= 90; minute++) last = meter.measure(at(minute, 60_000_000))?.get("node-1");
    expect(last?.podsCpuAverage).toBeLessThan(5);
    expect(last?.podsMemoryAverage).toBeCloseTo(1000);
  });

  test("counters that began anew are no use", () => {
    const meter = new MachineMeter(["node-1"]);
    meter.measure(later);
    const use = meter.measure({ ...start, atMs: 21_000 })?.get("node-1");
    expect(use).toMatchObject({ cpuMillis: 0, networkMbps: 0, podsCpuMillis: 0 });
    expect(use?.diskBusyPercent).toBeLessThanOrEqual(0);
  });
});

test("as quantities", () => {
  const meter = new MachineMeter(["node-1"]);
  meter.measure(start);
  const use = meter.measure(later)?.get("node-1");
  expect(use && usageOf(use)).toEqual({
    cpu: "2",
    memory: "4Ki",
    "ephemeral-storage": "8Ki",
    "nagi.dev/disk-busy-percent": "25",
    "nagi.dev/network-mbps": "100",
    "nagi.dev/pods-cpu": "600m",
    "nagi.dev/pods-memory": "3Ki",
    "nagi.dev/pods-cpu-average": "600m",
    "nagi.dev/pods-memory-average": "3Ki",
  });
});
