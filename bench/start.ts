/**
 * `bench start`: `nagi up` until ready on an existing data directory: wall time, CPU time of the platform's process, and
 * the resident memory of the whole platform once it idles. The container engine's own service is shown apart.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../test/harness/platform.ts";
import { startBenchPlatform } from "./platform.ts";
import { median, numberFlag, report, round } from "./report.ts";

const ticksPerSecond = 100;
const settleMs = 10_000;

interface ProcessMemory {
  readonly name: string;
  readonly pid: number;
  readonly memoryBytes: number;
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const repeats = numberFlag("repeats", 5);
const platform = await startBenchPlatform();
try {
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    platform.nagi(["down", "--keep-apps"]);
    const startMs = performance.now();
    platform.nagi(["up", "--detach"]);
    walls.push((performance.now() - startMs) / 1000);
    cpus.push(cpuSeconds(platform.pid));
  }
  await pause(settleMs);
  const status = JSON.parse(platform.nagi(["status", "-o", "json"])) as {
    readonly processes: ProcessMemory[];
  };
  const megabytes = (name: RegExp): number =>
    status.processes.filter((each) => name.test(each.name)).reduce((sum, each) => sum + each.memoryBytes, 0) /
    2 ** 20;
  report(
    `nagi up on an existing data directory, ${repeats} times (median), then idle for ${settleMs / 1000} s`,
    [
      {
        wallSeconds: round(median(walls)),
        wallSecondsMax: round(Math.max(...walls)),
        cpuSeconds: round(median(cpus)),
        platformMemoryMb: round(megabytes(/^(?!podman)/), 1),
        engineServiceMemoryMb: round(megabytes(/^podman/), 1),
      },
    ],
    [
      "aims: wall <= 1.5 s, CPU < 1 s, memory of the platform (Nagi, HAProxy, registry, dnsmasq) < 200 MB",
      status.processes.map((each) => `${each.name} ${round(each.memoryBytes / 2 ** 20, 1)} MB`).join(", "),
      `data directory: ${join(platform.dataDir)}`,
    ],
  );
} finally {
  platform.stop();
}
