/** The present numbers of apps, nodes, router and platform in Prometheus' text format. Pure. */

import { MetricsRegistry, type Gauge, type MetricOptions } from "../../lib/metrics.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { Node } from "../../model/kinds/core/node/node.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { NodeMetrics } from "../../model/kinds/metrics/nodemetrics/nodemetrics.ts";
import type { PodMetrics } from "../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { appLabel, processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { LogDrain } from "../../model/kinds/nagi/logdrain/logdrain.ts";
import { latencyBoundsMs } from "../../model/kinds/nagi/routemetrics/latency.ts";
import type { RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { KubeObject } from "../../model/meta.ts";
import { byteValue, milliValue } from "../../model/quantity.ts";
import { podUse } from "./process-use.ts";

export interface Exposed {
  readonly version: string;
  readonly apps: readonly App[];
  readonly pods: readonly Pod[];
  readonly podMetricsOf: (pod: Pod) => PodMetrics | undefined;
  readonly nodes: readonly Node[];
  readonly nodeMetricsOf: (name: string) => NodeMetrics | undefined;
  readonly routes: readonly RouteMetrics[];
  readonly builds: readonly Build[];
  readonly drains: readonly LogDrain[];
}

/** Of the process that tells: seconds of processor time, bytes. */
export interface OwnUse {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export function expositionText(exposed: Exposed, own: OwnUse): string {
  const registry = new MetricsRegistry();
  routeNumbers(registry, exposed.routes);
  podNumbers(registry, exposed);
  appNumbers(registry, exposed.apps);
  nodeNumbers(registry, exposed);
  drainNumbers(registry, exposed.drains);
  const builds = registry.gauge({ name: "nagi_builds", help: "Builds by phase.", labels: ["phase"] });
  for (const { status } of exposed.builds) builds.with(status?.phase ?? "New").add();
  registry
    .gauge({ name: "nagi_info", help: "Always 1.", labels: ["version"] })
    .with(exposed.version)
    .set(1);
  registry
    .counter({ name: "process_cpu_seconds_total", help: "Processor time of the platform." })
    .with()
    .set(own.cpuSeconds);
  registry
    .gauge({ name: "process_resident_memory_bytes", help: "Memory of the platform." })
    .with()
    .set(own.memoryBytes);
  return registry.text();
}

function routeNumbers(registry: MetricsRegistry, routes: readonly RouteMetrics[]): void {
  const labels = ["namespace", "app", "route"];
  const requests = registry.counter({
    name: "nagi_route_requests_total",
    help: "Requests that were answered. Outcome: ok, client_error (400 to 499), server_error (500 on, by the app), unserved (500 on, by the router).",
    labels: [...labels, "outcome"],
  });
  const duration = registry.histogram(
    { name: "nagi_route_request_duration_seconds", help: "How long answers took.", labels },
    latencyBoundsMs.map((bound) => bound / 1000),
  );
  const received = registry.counter({
    name: "nagi_route_received_bytes_total",
    help: "What clients sent.",
    labels,
  });
  const sent = registry.counter({ name: "nagi_route_sent_bytes_total", help: "What clients got.", labels });
  const open = registry.gauge({ name: "nagi_route_open", help: "Requests that are being served.", labels });
  const queued = registry.gauge({
    name: "nagi_route_queued",
    help: "Requests that wait for a process.",
    labels,
  });
  for (const route of routes) {
    const { total = {} } = route;
    const values = [...idOf(route), route.metadata.name ?? ""] as const;
    const { requests: all = 0, clientErrors = 0, serverErrors = 0, unserved = 0, latencies = [] } = total;
    requests.with(...values, "ok").set(all - clientErrors - serverErrors - unserved);
    requests.with(...values, "client_error").set(clientErrors);
    requests.with(...values, "server_error").set(serverErrors);
    requests.with(...values, "unserved").set(unserved);
    const series = duration.with(...values);
    latencies.forEach((count, index) => (series.counts[index] = count));
    series.sum = (total.tookMs ?? 0) / 1000;
    received.with(...values).set(total.receivedBytes ?? 0);
    sent.with(...values).set(total.sentBytes ?? 0);
    open.with(...values).set(route.open ?? 0);
    queued.with(...values).set(route.queued ?? 0);
  }
}

function podNumbers(registry: MetricsRegistry, { pods, podMetricsOf }: Exposed): void {
  const labels = ["namespace", "app", "process", "pod"];
  const gauge = (name: string, help: string): Gauge =>
    registry.gauge({ name: `nagi_pod_${name}`, help, labels });
  const cpu = gauge("cpu_cores", "Processors in use.");
  const memory = gauge("memory_bytes", "Memory in use.");
  const throttled = gauge(
    "cpu_throttled_ratio",
    "Share of the time that it was denied the processor by its limit.",
  );
  const received = gauge("network_received_bytes_per_second", "From the network.");
  const sent = gauge("network_sent_bytes_per_second", "To the network.");
  const read = gauge("disk_read_bytes_per_second", "From disks.");
  const written = gauge("disk_written_bytes_per_second", "To disks.");
  const ready = gauge("ready", "1 when it is ready, else 0.");
  const restarts = registry.counter({
    name: "nagi_pod_restarts_total",
    help: "How often its containers were started again.",
    labels,
  });
  for (const pod of pods) {
    const { phase, conditions = [] } = pod.status ?? {};
    if (phase !== "Running") continue;
    const values = [...idOf(pod), pod.metadata.labels?.[processLabel] ?? "", pod.metadata.name ?? ""];
    const use = podUse(pod, podMetricsOf(pod));
    cpu.with(...values).set(use.cpuMillis / 1000);
    memory.with(...values).set(use.memoryBytes);
    throttled.with(...values).set(use.throttledMillis / 1000);
    received.with(...values).set(use.receivedBytes);
    sent.with(...values).set(use.sentBytes);
    read.with(...values).set(use.readBytes);
    written.with(...values).set(use.writtenBytes);
    restarts.with(...values).set(use.restarts);
    const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
    ready.with(...values).set(isReady ? 1 : 0);
  }
}

function appNumbers(registry: MetricsRegistry, apps: readonly App[]): void {
  const labels = ["namespace", "app", "process"];
  const wanted = registry.gauge({
    name: "nagi_app_processes_wanted",
    help: "Processes that should run.",
    labels,
  });
  const ready = registry.gauge({
    name: "nagi_app_processes_ready",
    help: "Processes that are ready.",
    labels,
  });
  for (const { metadata, status } of apps) {
    for (const [type, counts] of Object.entries(status?.processes ?? {})) {
      const values = [metadata.namespace ?? "", metadata.name ?? "", type];
      wanted.with(...values).set(counts.desired);
      ready.with(...values).set(counts.ready);
    }
  }
}

function nodeNumbers(registry: MetricsRegistry, { nodes, nodeMetricsOf }: Exposed): void {
  const gauge = (name: string, help: string): Gauge =>
    registry.gauge({ name: `nagi_node_${name}`, help, labels: ["node"] });
  const ready = gauge("ready", "1 when it is ready, else 0.");
  const cpu = gauge("cpu_cores", "Processors in use.");
  const cpuAll = gauge("cpu_capacity_cores", "Processors that there are.");
  const memory = gauge("memory_bytes", "Memory in use.");
  const memoryAll = gauge("memory_capacity_bytes", "Memory that there is.");
  const disk = gauge("disk_bytes", "Disk in use.");
  for (const { metadata, status = {} } of nodes) {
    const { name = "" } = metadata;
    const { capacity = {}, conditions = [] } = status;
    const isReady = conditions.some((each) => each.type === "Ready" && each.status === "True");
    ready.with(name).set(isReady ? 1 : 0);
    cpuAll.with(name).set(milliValue(capacity["cpu"]) / 1000);
    memoryAll.with(name).set(byteValue(capacity["memory"]));
    const usage = nodeMetricsOf(name)?.usage;
    if (usage === undefined) continue;
    cpu.with(name).set(milliValue(usage["cpu"]) / 1000);
    memory.with(name).set(byteValue(usage["memory"]));
    disk.with(name).set(byteValue(usage["ephemeral-storage"]));
  }
}

function drainNumbers(registry: MetricsRegistry, drains: readonly LogDrain[]): void {
  const labels = ["namespace", "app", "drain"];
  const options = (name: string, help: string): MetricOptions => ({
    name: `nagi_drain_${name}`,
    help,
    labels,
  });
  const sent = registry.counter(options("sent_lines_total", "Lines that were sent."));
  const dropped = registry.counter(options("dropped_lines_total", "Lines that were dropped."));
  for (const { metadata, spec, status = {} } of drains) {
    const values = [metadata.namespace ?? "", spec.app, metadata.name ?? ""];
    sent.with(...values).set(status.sent ?? 0);
    dropped.with(...values).set(status.dropped ?? 0);
  }
}

function idOf({ metadata }: KubeObject): readonly [namespace: string, app: string] {
  return [metadata.namespace ?? "", metadata.labels?.[appLabel] ?? ""];
}
