/** What a container's control group and network count beside processor time and memory. Parsing is pure. */

import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** They grow for ever. */
export interface ContainerExtras {
  /** How long it wanted a processor and was not given one, since its limit was reached. */
  readonly throttledUs: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Of its pod; 0 on the network of the machine. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface ExtraFiles {
  /** `cpu.stat` of its group. */
  readonly cpuStat: string;
  /** `io.stat` of its group, or `blkio.throttle.io_service_bytes`. */
  readonly io: string;
}

export async function readExtras(root: string, pid: number, files: ExtraFiles): Promise<ContainerExtras> {
  const [cpuStat, io, network, own, machine] = await Promise.all([
    readText(files.cpuStat),
    readText(files.io),
    readText(join(root, "proc", String(pid), "net/dev")),
    readlink(join(root, "proc", String(pid), "ns/net")).catch(() => ""),
    readlink(join(root, "proc/1/ns/net")).catch(() => ""),
  ]);
  const traffic = own !== "" && own === machine ? "" : network;
  return { throttledUs: parseThrottled(cpuStat), ...parseIo(io), ...parsePodTraffic(traffic) };
}

/** Both versions of control groups: nanoseconds in the first, microseconds in the second. */
export function parseThrottled(cpuStat: string): number {
  const [, microseconds] = /^throttled_usec (\d+)/m.exec(cpuStat) ?? [];
  const [, nanoseconds] = /^throttled_time (\d+)/m.exec(cpuStat) ?? [];
  return microseconds === undefined ? Number(nanoseconds ?? 0) / 1000 : Number(microseconds);
}

export function parseIo(text: string): { readonly readBytes: number; readonly writtenBytes: number } {
  const sum = (patterns: readonly RegExp[]): number =>
    patterns
      .flatMap((pattern) => [...text.matchAll(pattern)])
      .reduce((total, match) => total + Number(match[1]), 0);
  return {
    readBytes: sum([/\brbytes=(\d+)/g, /^\d+:\d+ Read (\d+)$/gm]),
    writtenBytes: sum([/\bwbytes=(\d+)/g, /^\d+:\d+ Write (\d+)$/gm]),
  };
}

/** Of all interfaces but the pod's own loop. */
export function parsePodTraffic(text: string): {
  readonly receivedBytes: number;
  readonly sentBytes: number;
} {
  let receivedBytes = 0;
  let sentBytes = 0;
  for (const [, name = "", rest = ""] of text.matchAll(/^\s*([^:\s]+):\s*(.*)$/gm)) {
    if (name === "lo") continue;
    const fields = rest.split(/\s+/).map(Number);
    receivedBytes += fields[0] ?? 0;
    sentBytes += fields[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}

function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
