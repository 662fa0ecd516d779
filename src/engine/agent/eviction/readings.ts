/** What is left of the machine's memory and disks. */

import { readFile, statfs } from "node:fs/promises";
import type { Readings } from "./thresholds.ts";

export interface WatchedPlaces {
  /** On the disk of the data directory. */
  readonly nodeDir: string;
  /** Where the engine keeps images and containers; undefined when that is not on this machine. */
  readonly imageDir: string | undefined;
}

export async function readPressure({ nodeDir, imageDir }: WatchedPlaces): Promise<Readings> {
  const [memInfo, node, images] = await Promise.all([
    readFile("/proc/meminfo", "utf8"),
    statfs(nodeDir),
    imageDir === undefined ? undefined : statfs(imageDir).catch(() => undefined),
  ]);
  const memory = parseMemory(memInfo);
  return {
    ...(memory === undefined ? {} : { "memory.available": memory }),
    "nodefs.available": { available: node.bavail * node.bsize, capacity: node.blocks * node.bsize },
    // Some file systems do not count files: then there are none of any.
    "nodefs.inodesFree": { available: node.ffree, capacity: node.files },
    ...(images === undefined
      ? {}
      : {
          "imagefs.available": {
            available: images.bavail * images.bsize,
            capacity: images.blocks * images.bsize,
          },
        }),
  };
}

export function parseMemory(memInfo: string): { available: number; capacity: number } | undefined {
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(memInfo)?.[1]) * 1024;
  const [available, capacity] = [bytes("MemAvailable"), bytes("MemTotal")];
  return Number.isNaN(available) || Number.isNaN(capacity) ? undefined : { available, capacity };
}
