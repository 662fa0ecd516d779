/** What must be right before the platform starts. All problems are named at once, each with its remedy. */

import { readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { canInstall, missingRequirements } from "./packages.ts";
import { portOwner } from "../lib/port-holder.ts";

export interface Problem {
  readonly what: string;
  readonly remedy: string;
}

export interface PreflightOptions {
  readonly dataDir: string;
  /** Ports with the flag that changes each. */
  readonly ports: readonly { readonly port: number; readonly flag: string; readonly use: string }[];
  readonly uid: number;
  readonly path: string;
  /** Ports that Nagi's own surviving processes hold. */
  readonly ownPorts: ReadonlySet<number>;
}

const freeDiskMinBytes = 2 * 1024 ** 3;
const freeMemoryMinBytes = 256 * 1024 ** 2;

export function preflight(options: PreflightOptions): Problem[] {
  return [
    ...checkRoot(options),
    ...checkPrograms(options),
    ...checkPorts(options),
    ...checkDisk(options.dataDir),
    ...checkMemory(readMemInfo()),
  ];
}

function checkRoot({ uid }: PreflightOptions): Problem[] {
  if (uid === 0) return [];
  return [
    {
      what: "Nagi is not run as root, so it can give pods no addresses and no service network",
      remedy: "run it as root: sudo nagi up",
    },
  ];
}

function checkPrograms({ uid, path }: PreflightOptions): Problem[] {
  const missing = missingRequirements(path);
  if (missing.length === 0 || canInstall(uid, path)) return [];
  const names = missing.map(({ debianPackage }) => debianPackage).join(" ");
  return missing.map(({ program, purpose }) => ({
    what: `${program} is not installed (${purpose})`,
    remedy: `as root: apt-get install ${names}`,
  }));
}

function checkPorts({ ports, ownPorts }: PreflightOptions): Problem[] {
  return ports.flatMap(({ port, flag, use }) => {
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return [{ what: `${flag} is ${port}`, remedy: "give a whole number from 1 to 65535" }];
    const owner = ownPorts.has(port) ? undefined : portOwner(port);
    if (owner === undefined) return [];
    return [
      {
        what: `port ${port} (${use}) is taken by ${owner}`,
        remedy: `stop it, or choose another: ${flag} PORT`,
      },
    ];
  });
}

function checkDisk(dataDir: string): Problem[] {
  const { bavail, bsize } = statNearest(dataDir);
  const freeBytes = bavail * bsize;
  if (freeBytes >= freeDiskMinBytes) return [];
  return [
    {
      what: `only ${megabytes(freeBytes)} MB of disk are free at ${dataDir}; images need ${megabytes(freeDiskMinBytes)} MB`,
      remedy: "free some, or choose another disk: --data-dir DIR",
    },
  ];
}

function statNearest(path: string): { readonly bavail: number; readonly bsize: number } {
  try {
    return statfsSync(path);
  } catch (error) {
    // It does not exist yet: the disk is that of the folder it will be made in.
    if (path === dirname(path)) throw error;
    return statNearest(dirname(path));
  }
}

export function checkMemory(memInfo: string): Problem[] {
  const availableKb = Number(/^MemAvailable:\s+(\d+)/m.exec(memInfo)?.[1] ?? Number.POSITIVE_INFINITY);
  if (availableKb * 1024 >= freeMemoryMinBytes) return [];
  return [
    {
      what: `only ${Math.floor(availableKb / 1024)} MB of memory are available; Nagi and one app need ${megabytes(freeMemoryMinBytes)} MB`,
      remedy: "stop other programs or add memory",
    },
  ];
}

function readMemInfo(): string {
  return readFileSync("/proc/meminfo", "utf8");
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2);
}

export function problemText(problems: readonly Problem[]): string {
  const lines = problems.map(({ what, remedy }) => `  - ${what}\n    remedy: ${remedy}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return `${count} before Nagi can start:\n${lines.join("\n")}`;
}
