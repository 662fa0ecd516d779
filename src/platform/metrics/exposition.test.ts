import { expect, test } from "vitest";
import { newObject } from "../../model/kind.ts";
import { node, type Node } from "../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { podMetrics, type PodMetrics } from "../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { emptyLatencies } from "../../model/kinds/nagi/routemetrics/latency.ts";
import { routeMetrics, type RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { expositionText, type Exposed } from "./exposition.ts";

const labels = { "nagi.dev/app": "shop", "nagi.dev/process": "web" };
const aPod = newObject<Pod>(pod, { name: "shop-web-1", namespace: "default", labels }, {
  spec: { containers: [] },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [{ name: "web", ready: true, restartCount: 2 }],
  },
} as unknown as Pod);
const itsMetrics = newObject<PodMetrics>(
  podMetrics,
  { name: "shop-web-1", namespace: "default" },
  {
    containers: [{ name: "web", usage: { cpu: "250m", memory: "64Mi", "nagi.dev/received": "10" } }],
  },
);
const latencies = emptyLatencies();
latencies[0] = 7;
latencies[3] = 3;
const aRoute = newObject<RouteMetrics>(
  routeMetrics,
  { name: "shop", namespace: "default", labels },
  {
    open: 1,
    total: { requests: 10, clientErrors: 1, serverErrors: 2, unserved: 3, tookMs: 500, latencies },
  },
);
const exposed: Exposed = {
  version: '1"0',
  apps: [],
  pods: [aPod],
  podMetricsOf: () => itsMetrics,
  nodes: [newObject<Node>(node, { name: "node-1" }, { status: { capacity: { cpu: "2", memory: "1Gi" } } })],
  nodeMetricsOf: () => undefined,
  routes: [aRoute],
  builds: [],
  drains: [],
};

test("what monitoring reads keeps to the text format, and says what was counted", () => {
  const text = expositionText(exposed, { cpuSeconds: 1.5, memoryBytes: 1000 });
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(
      /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? -?[\d.e+-]+)$/,
    );
  const route = 'namespace="default",app="shop",route="shop"';
  const ofPod = 'namespace="default",app="shop",process="web",pod="shop-web-1"';
  for (const wanted of [
    `nagi_route_requests_total{${route},outcome="ok"} 4`,
    `nagi_route_requests_total{${route},outcome="unserved"} 3`,
    `nagi_route_request_duration_seconds_bucket{${route},le="0.001"} 7`,
    `nagi_route_request_duration_seconds_bucket{${route},le="+Inf"} 10`,
    `nagi_route_request_duration_seconds_sum{${route}} 0.5`,
    `nagi_pod_cpu_cores{${ofPod}} 0.25`,
    `nagi_pod_memory_bytes{${ofPod}} 67108864`,
    `nagi_pod_network_received_bytes_per_second{${ofPod}} 10`,
    `nagi_pod_restarts_total{${ofPod}} 2`,
    `nagi_pod_ready{${ofPod}} 1`,
    'nagi_node_cpu_capacity_cores{node="node-1"} 2',
    'nagi_info{version="1\\"0"} 1',
    "process_cpu_seconds_total 1.5",
  ])
    expect(text.split("\n")).toContain(wanted);
});
