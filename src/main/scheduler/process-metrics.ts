/** What every Prometheus client tells of its process. */

import type { MetricsRegistry } from "../../lib/metrics.ts";

export function collectProcess(registry: MetricsRegistry): void {
  const cpu = registry.counter({
    name: "process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
  });
  const memory = registry.gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
  });
  const start = registry.gauge({
    name: "process_start_time_seconds",
    help: "Start time of the process since unix epoch in seconds.",
  });
  start.with().set(Math.round(performance.timeOrigin) / 1000);
  registry.collect(() => {
    const { user, system } = process.cpuUsage();
    cpu.with().set((user + system) / 1e6);
    memory.with().set(process.memoryUsage.rss());
  });
}
