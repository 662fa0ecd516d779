/** What the kernel counts of the machine and of containers, read from /proc and the control groups. Parsing is pure. */

import { readdir, readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { readExtras, type ContainerExtras } from "./container-extras.ts";

/** Counters grow for ever; two readings make a rate. */
export interface MachineCounters {
  readonly atMs: number;
  /** Time of all processors together, in the kernel's ticks. */
  readonly cpuBusy: number;
  readonly cpuTotal: number;
  readonly cpus: number;
  readonly memoryUsedBytes: number;
  readonly diskUsedBytes: number;
  /** By disk: milliseconds that it had work. */
  readonly diskBusyMs: ReadonlyMap<string, number>;
  /** Over the interfaces that leave the machine. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** By container. */
  readonly containers: ReadonlyMap<string, ContainerCounters>;
}

export interface ContainerCounters {
  readonly node: string;
  readonly cpuUs: number;
  /** Without what the kernel can take back at once. */
  readonly memoryBytes: number;
  readonly extras?: ContainerExtras | undefined;
}

/** A container that runs, for the counters of its control group. */
export interface RunningContainer {
  readonly id: string;
  readonly node: string;
  readonly pid: number;
}

export interface CounterPlace {
  /** Root of the file system where /proc, /sys are: `/`, another in tests. */
  readonly root: string;
  /** Its file system is the one that counts. */
  readonly dataDir: string;
}

export async function readCounters(
  { root, dataDir }: CounterPlace,
  containers: readonly RunningContainer[],
  nowMs: number,
): Promise<MachineCounters> {
  const [stat, meminfo, diskstats, network, devices, disk] = await Promise.all([
    textOf(join(root, "proc/stat")),
    textOf(join(root, "proc/meminfo")),
    textOf(join(root, "proc/diskstats")),
    textOf(join(root, "proc/net/dev")),
    physicalInterfaces(root),
    statfs(dataDir),
  ]);
  const counted = await Promise.all(
    containers.map(async ({ id, node, pid }) => {
      const use = await containerUse(root, pid);
      return use === undefined ? [] : [[id, { node, ...use }] as const];
    }),
  );
  return {
    atMs: nowMs,
    ...parseCpu(stat),
    memoryUsedBytes: parseMemoryUsed(meminfo),
    diskUsedBytes: (disk.blocks - disk.bavail) * disk.bsize,
    diskBusyMs: parseDisks(diskstats),
    ...parseTraffic(network, devices),
    containers: new Map(counted.flat()),
  };
}

export function parseCpu(stat: string): { cpuBusy: number; cpuTotal: number; cpus: number } {
  const fields = /^cpu\s+(.+)$/m.exec(stat)?.[1]?.split(/\s+/).map(Number) ?? [];
  // The first eight are apart from each other; what guests use is in the first two already.
  const [, , , idle = 0, waiting = 0] = fields;
  const cpuTotal = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  return { cpuBusy: cpuTotal - idle - waiting, cpuTotal, cpus: [...stat.matchAll(/^cpu\d+/gm)].length };
}

export function parseMemoryUsed(meminfo: string): number {
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(meminfo)?.[1] ?? 0);
  return Math.max(0, kilobytes("MemTotal") - kilobytes("MemAvailable")) * 1024;
}

/** Real disks only: what stands for parts of them, or for files, would count their work twice. */
const notADisk =
  /^(?:loop|ram|zram|dm-|md|sr|fd)\d*|^(?:[hsv]d[a-z]+|xvd[a-z]+)\d+$|^(?:nvme\d+n\d+|mmcblk\d+)p\d+$/;

export function parseDisks(diskstats: string): Map<string, number> {
  const busy = new Map<string, number>();
  for (const line of diskstats.split("\n")) {
    const fields = line.trim().split(/\s+/);
    const [, , name = "", reads = "0"] = fields;
    const busyMs = Number(fields[12]);
    if (name === "" || notADisk.test(name) || Number.isNaN(busyMs) || Number(reads) === 0) continue;
    busy.set(name, busyMs);
  }
  return busy;
}

export function parseTraffic(
  network: string,
  interfaces: ReadonlySet<string>,
): { receivedBytes: number; sentBytes: number } {
  let receivedBytes = 0;
  let sentBytes = 0;
  for (const [, name = "", rest = ""] of network.matchAll(/^\s*([^:\s]+):\s*(.*)$/gm)) {
    if (!interfaces.has(name)) continue;
    const fields = rest.split(/\s+/).map(Number);
    receivedBytes += fields[0] ?? 0;
    sentBytes += fields[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}

/** Those with a device behind them: bridges and pairs carry the same bytes once more. */
export async function physicalInterfaces(root: string): Promise<ReadonlySet<string>> {
  const directory = join(root, "sys/class/net");
  const names: readonly string[] = await readdir(directory).catch(() => []);
  const found = new Set<string>();
  for (const name of names) {
    const entries: readonly string[] = await readdir(join(directory, name)).catch(() => []);
    if (entries.includes("device")) found.add(name);
  }
  return found;
}

/** What the links of the machine can carry together, in megabits a second; 0 when they do not say. */
export async function linkSpeedMbps(root: string): Promise<number> {
  let sum = 0;
  for (const name of await physicalInterfaces(root)) {
    const speed = Number(await textOf(join(root, "sys/class/net", name, "speed")));
    if (speed > 0) sum += speed;
  }
  return sum;
}

/** Of the group of a container's first process; undefined when it cannot be seen. */
export async function containerUse(
  root: string,
  pid: number,
): Promise<Omit<ContainerCounters, "node"> | undefined> {
  const groups = parseGroups(await textOf(join(root, "proc", String(pid), "cgroup")));
  const unified = groups.get("");
  const cpuGroup = groups.get("cpuacct");
  const memoryGroup = groups.get("memory");
  const base = join(root, "sys/fs/cgroup");
  if (cpuGroup !== undefined && memoryGroup !== undefined) {
    const [usage, used, stat] = await Promise.all([
      textOf(join(base, "cpuacct", cpuGroup, "cpuacct.usage")),
      textOf(join(base, "memory", memoryGroup, "memory.usage_in_bytes")),
      textOf(join(base, "memory", memoryGroup, "memory.stat")),
    ]);
    if (isOutside(cpuGroup) || usage === "") return undefined;
    const extras = await readExtras(root, pid, {
      cpuStat: join(base, "cpu", groups.get("cpu") ?? cpuGroup, "cpu.stat"),
      io: join(base, "blkio", groups.get("blkio") ?? cpuGroup, "blkio.throttle.io_service_bytes"),
    });
    const memoryBytes = workingSet(used, stat, "total_inactive_file");
    return { cpuUs: Number(usage) / 1000, memoryBytes, extras };
  }
  if (unified === undefined || isOutside(unified)) return undefined;
  const [cpu, used, stat] = await Promise.all([
    textOf(join(base, unified, "cpu.stat")),
    textOf(join(base, unified, "memory.current")),
    textOf(join(base, unified, "memory.stat")),
  ]);
  const cpuUs = Number(/^usage_usec (\d+)/m.exec(cpu)?.[1]);
  if (Number.isNaN(cpuUs)) return undefined;
  const group = join(base, unified);
  const files = { cpuStat: join(group, "cpu.stat"), io: join(group, "io.stat") };
  const extras = await readExtras(root, pid, files);
  return { cpuUs, memoryBytes: workingSet(used, stat, "inactive_file"), extras };
}

/** By controller; the unified hierarchy has none. */
export function parseGroups(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const controller of controllers?.split(",") ?? []) groups.set(controller, path ?? "");
  }
  return groups;
}

/** The root group is the whole machine, and a path above ours is not visible from here. */
function isOutside(group: string): boolean {
  return group === "/" || group.startsWith("/..");
}

function workingSet(used: string, stat: string, name: string): number {
  const inactive = Number(new RegExp(`^${name} (\\d+)`, "m").exec(stat)?.[1] ?? 0);
  return Math.max(0, Number(used) - inactive);
}

function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").then(
    (content) => content.trim(),
    () => "",
  );
}
