import { expect, test } from "vitest";
import { FakeClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { EvictionManager } from "./eviction-manager.ts";
import { evictionMessage, rank, type Candidate } from "./rank.ts";
import { parseMemory } from "./readings.ts";
import {
  defaultThresholds,
  isMet,
  parseThresholds,
  type Pressure,
  type Readings,
  type Threshold,
} from "./thresholds.ts";

const mega = 1024 * 1024;

test.each([
  ["memory.available<100Mi", [["memory.available", "100Mi"]]],
  [
    " imagefs.available<15% , nodefs.available<1Gi",
    [
      ["nodefs.available", "1Gi"],
      ["imagefs.available", "15%"],
    ],
  ],
  ["none", []],
])("%j is understood", (text, expected) => {
  expect(parseThresholds(text).map(({ signal, text: amount }) => [signal, amount])).toEqual(expected);
});

test.each([
  ["memory<1Gi", /"memory<1Gi" is not SIGNAL<AMOUNT; the signals are memory.available,/],
  ["memory.available<lots", /amount of memory.available is "lots": must be like 100Mi/],
  ["memory.available<100%", /from 0% to 99%/],
  ["nodefs.available<1%,nodefs.available<2%", /nodefs.available is given twice/],
  ["", /is not SIGNAL<AMOUNT/],
])("%j is refused", (text, words) => {
  expect(() => parseThresholds(text)).toThrow(words);
});

test("a percentage is of the capacity; what is not counted is never short", () => {
  const [five] = parseThresholds("nodefs.available<5%") as [Threshold];
  expect(isMet(five, { "nodefs.available": { available: 49, capacity: 1000 } })).toBe(true);
  expect(isMet(five, { "nodefs.available": { available: 50, capacity: 1000 } })).toBe(false);
  expect(isMet(five, {})).toBe(false);
  const [files] = parseThresholds("nodefs.inodesFree<5%") as [Threshold];
  expect(isMet(files, { "nodefs.inodesFree": { available: 0, capacity: 0 } })).toBe(false);
});

test("memory is read as the kernel tells it", () => {
  expect(parseMemory("MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable:  512 kB\n")).toEqual({
    available: 512 * 1024,
    capacity: 2048 * 1024,
  });
  expect(parseMemory("MemTotal: 2048 kB\n")).toBeUndefined();
});

interface Given {
  readonly priority?: number;
  readonly memory?: number;
  readonly request?: string;
  readonly disk?: number;
  readonly volumes?: number;
}

function candidate(name: string, given: Given): Candidate {
  const requests = given.request === undefined ? {} : { memory: given.request };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "ns", uid: name },
    spec: {
      containers: [{ name: "web", image: "img", resources: { requests } }],
      priority: given.priority ?? 0,
    },
  };
  const use = { memoryBytes: (given.memory ?? 0) * mega, diskBytes: (given.disk ?? 0) * mega };
  return { pod, containers: [{ name: "web", ...use }], volumeBytes: (given.volumes ?? 0) * mega };
}

const names = (list: readonly Candidate[]): (string | undefined)[] =>
  list.map(({ pod }) => pod.metadata.name);
const [memory, nodefs] = parseThresholds("memory.available<100Mi,nodefs.available<5%") as [
  Threshold,
  Threshold,
];

test("of memory, who uses more than it asked for goes first, then by priority, then by how much more", () => {
  const order = rank(memory, [
    candidate("within", { memory: 900, request: "1Gi" }),
    candidate("important", { memory: 500, priority: 1000 }),
    candidate("small", { memory: 50 }),
    candidate("large", { memory: 300, request: "100Mi" }),
    candidate("critical", { memory: 900, priority: 2_000_000_000 }),
    candidate("idle", { memory: 0 }),
  ]);
  expect(names(order)).toEqual(["large", "small", "important", "within"]);
});

test("of the disk, who wrote nothing stays: its end would not help", () => {
  const order = rank(nodefs, [
    candidate("quiet", { memory: 900 }),
    candidate("writer", { disk: 10, volumes: 90, priority: 5 }),
    candidate("logger", { disk: 200, priority: 5 }),
    candidate("cheap", { disk: 2, priority: -1 }),
  ]);
  expect(names(order)).toEqual(["cheap", "logger", "writer"]);
});

test("what is told is kubelet's", () => {
  const readings: Readings = { "memory.available": { available: 51 * mega, capacity: 2048 * mega } };
  expect(evictionMessage(memory, readings, candidate("a", { memory: 200, request: "64Mi" }))).toBe(
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51Mi. " +
      "Container web was using 200Mi, request is 64Mi, has larger consumption of memory.",
  );
  const disk: Readings = { "nodefs.available": { available: 40 * mega, capacity: 1000 * mega } };
  expect(evictionMessage(nodefs, disk, candidate("a", { volumes: 500 }))).toBe(
    "The node was low on resource: ephemeral-storage. Threshold quantity: 50Mi, available: 40Mi. " +
      "Its emptyDir volumes held 500Mi.",
  );
});

/** A machine whose free memory and disk are what the test says; an evicted pod gives back what it used. */
function machine(pods: Candidate[], free: { memory: number; disk: number }) {
  const clock = new FakeClock();
  const evicted: string[] = [];
  const told: Pressure[] = [];
  let reclaims = 0;
  const state = { free, reclaimable: 0, pods };
  const manager = new EvictionManager({
    thresholds: parseThresholds(defaultThresholds),
    transitionMs: 60_000,
    read: async () => ({
      "memory.available": { available: state.free.memory * mega, capacity: 2048 * mega },
      "nodefs.available": { available: state.free.disk * mega, capacity: 1000 * mega },
    }),
    measure: async () => state.pods,
    evict: async ({ pod, containers, volumeBytes }) => {
      evicted.push(pod.metadata.name ?? "");
      state.pods = state.pods.filter((each) => each.pod !== pod);
      for (const { memoryBytes, diskBytes } of containers) {
        state.free.memory += memoryBytes / mega;
        state.free.disk += diskBytes / mega;
      }
      state.free.disk += volumeBytes / mega;
    },
    reclaimDisk: async () => {
      reclaims += 1;
      state.free.disk += state.reclaimable;
    },
    onChange: (pressure) => told.push(pressure),
    clock,
    log: silentLogger,
  });
  return { manager, clock, evicted, told, state, reclaims: () => reclaims };
}

test("pods go one at a time until there is enough, the least important first, and the rest stays", async () => {
  const pods = [
    candidate("database", { memory: 300, priority: 1000 }),
    candidate("batch", { memory: 30 }),
    candidate("web", { memory: 60 }),
  ];
  const { manager, evicted, told, clock } = machine(pods, { memory: 20, disk: 900 });
  await manager.check();
  expect(evicted).toEqual(["web"]);
  expect(manager.pressure).toEqual({ memory: true, disk: false });
  await manager.check();
  await manager.check();
  expect(evicted).toEqual(["web", "batch"]);
  // For a while nothing is placed here, so that what has just gone does not come back at once.
  clock.advance(59_000);
  await manager.check();
  expect(manager.pressure.memory).toBe(true);
  clock.advance(2000);
  await manager.check();
  expect(told).toEqual([
    { memory: true, disk: false },
    { memory: false, disk: false },
  ]);
});

test("a full disk is first cleared of what nobody needs", async () => {
  const { manager, evicted, state, reclaims, clock } = machine([candidate("a", { volumes: 100 })], {
    memory: 900,
    disk: 10,
  });
  state.reclaimable = 500;
  await manager.check();
  expect([evicted, reclaims()]).toEqual([[], 1]);
  state.free.disk = 10;
  state.reclaimable = 0;
  await manager.check();
  expect([evicted, reclaims()]).toEqual([["a"], 1]);
  state.free.disk = 10;
  clock.advance(60_000);
  await manager.check();
  expect([evicted, reclaims()]).toEqual([["a"], 2]);
});
