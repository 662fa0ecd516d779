import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, integer, number, object, quantity, string, time, type Infer } from "../../../schema.ts";

/** On what is told of an Ingress: the Service that its path leads to. */
export const servedServiceLabel = "nagi.dev/service";

const latency = object(
  "How long answers took, in milliseconds; absent without requests.",
  {
    p50Ms: integer("Half of them took no longer."),
    p95Ms: integer("95 of 100 took no longer."),
    p99Ms: integer("99 of 100 took no longer."),
  },
  { name: "dev.nagi.v1.RouteLatency" },
);

const counted = {
  requests: integer("Requests that were answered."),
  clientErrors: integer("Of them, with a status of 400 to 499."),
  serverErrors: integer("Of them, with a status of 500 or above that the app gave."),
  unserved: integer("Of them, with a status of 500 or above that the router gave, since no process did."),
};

const target = object(
  "What one pod answered.",
  {
    name: string("Name of the pod."),
    requests: integer("Requests that it answered."),
    serverErrors: integer("Of them, with a status of 500 or above."),
    p95Ms: integer("95 of 100 took no longer, in milliseconds."),
  },
  { name: "dev.nagi.v1.RouteTargetMetrics" },
);

const fields = {
  timestamp: time("When the window ended."),
  window: string("How long was counted, for instance 10s."),
  requestsPerSecond: quantity("Requests a second in the window."),
  ...counted,
  latency,
  open: integer("Requests and connections that are being served at the end of the window."),
  queued: integer("Requests that wait for a process to be free."),
  targets: array(target, "By the pod that answered, the busiest first, at most 50.", { mergeKey: "name" }),
  total: object(
    "Counted on and on, from a start that is not told; a smaller number than before says that it was begun anew.",
    {
      ...counted,
      receivedBytes: integer("What clients sent."),
      sentBytes: integer("What they got."),
      tookMs: number("How long all answers took together, in milliseconds."),
      latencies: array(
        number("Answers."),
        "Answers by how long they took: up to 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500 and 700 milliseconds, 1, 1.5, 2, 3, 5, 7, 10, 15, 30 and 60 seconds, and longer.",
      ),
    },
    { name: "dev.nagi.v1.RouteTotals" },
  ),
};
const schema = object("", fields);
export interface RouteMetrics extends KubeObject, Infer<typeof schema> {}

export const routeMetrics = defineKind<RouteMetrics>({
  group: "nagi.dev",
  version: "v1",
  kind: "RouteMetrics",
  plural: "routemetrics",
  description:
    "What the router counted for the route of the same name in the last seconds. While it has no requests, it is not written anew.",
  fields,
  columns: [
    {
      name: "Requests/s",
      type: "string",
      description: "Requests a second.",
      value: ({ requestsPerSecond }) => requestsPerSecond ?? "",
    },
    {
      name: "Errors",
      type: "integer",
      description: "Answers of 500 and above.",
      value: ({ serverErrors = 0, unserved = 0 }) => serverErrors + unserved,
    },
    {
      name: "P95",
      type: "string",
      description: "95 of 100 requests took no longer.",
      value: (object) => (object.latency?.p95Ms === undefined ? "" : `${object.latency.p95Ms}ms`),
    },
    {
      name: "Window",
      type: "string",
      description: "How long was counted.",
      value: ({ window }) => window ?? "",
    },
  ],
});
