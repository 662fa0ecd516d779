/** What the machine has, and what of it is left. */

import { readFile, readdir, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { linkSpeedMbps } from "./machine-counters.ts";

export interface MachineInfo {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly storageBytes: number;
  /** What its network links can carry, in megabits a second; 0 when they do not say. */
  readonly networkMbps: number;
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly kernelVersion: string;
  readonly osImage: string;
}

/** What of the machine can change while it runs. */
type MachineSize = Pick<MachineInfo, "cpus" | "memoryBytes" | "storageBytes" | "networkMbps">;

export async function readSize(dataDir: string): Promise<MachineSize> {
  const [disk, networkMbps] = await Promise.all([statfs(dataDir), linkSpeedMbps("/")]);
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    storageBytes: disk.blocks * disk.bsize,
    networkMbps,
  };
}

export async function readMachine(dataDir: string): Promise<MachineInfo> {
  const [machineID, systemUUID, bootID, kernelVersion, release, size] = await Promise.all([
    text("/etc/machine-id"),
    text("/sys/class/dmi/id/product_uuid"),
    text("/proc/sys/kernel/random/boot_id"),
    text("/proc/sys/kernel/osrelease"),
    text("/etc/os-release"),
    readSize(dataDir),
  ]);
  return {
    ...size,
    machineID,
    systemUUID: systemUUID || machineID,
    bootID,
    kernelVersion,
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? "Linux",
  };
}

export async function freePidsFraction(): Promise<number> {
  const [processes, pidMax] = await Promise.all([readdir("/proc"), text("/proc/sys/kernel/pid_max")]);
  const count = processes.filter((name) => /^\d+$/.test(name)).length;
  return 1 - count / (Number(pidMax) || Number.POSITIVE_INFINITY);
}

function text(path: string): Promise<string> {
  return readFile(path, "utf8").then(
    (content) => content.trim(),
    () => "",
  );
}
