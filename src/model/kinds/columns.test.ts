import { describe, expect, test } from "vitest";
import { newObject, type Kind } from "../kind.ts";
import type { KubeObject } from "../meta.ts";
import { tableColumns, tableRow } from "../table.ts";
import { aDeployment, aNode, aService, builtAt } from "../testing/builders.ts";
import { deployment } from "./apps/deployment/deployment.ts";
import { replicaSet } from "./apps/replicaset/replicaset.ts";
import { job } from "./batch/job/job.ts";
import { build } from "./build/build/build.ts";
import { buildConfig } from "./build/buildconfig/buildconfig.ts";
import { configMap } from "./core/configmap/configmap.ts";
import { event } from "./core/event/event.ts";
import { namespace } from "./core/namespace/namespace.ts";
import { node } from "./core/node/node.ts";
import { secret } from "./core/secret/secret.ts";
import { service } from "./core/service/service.ts";
import { endpointSlice } from "./discovery/endpointslice/endpointslice.ts";
import { imageStream } from "./image/imagestream/imagestream.ts";
import { app } from "./nagi/app/app.ts";
import { release } from "./nagi/release/release.ts";
import { schedulingDecision } from "./nagi/schedulingdecision/schedulingdecision.ts";
import { route } from "./route/route/route.ts";

const nowMs = Date.parse(builtAt) + 125_000;
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

/** What `get` prints: header and row, the columns of `-o wide` in brackets. */
function shown<T extends KubeObject>(kind: Kind<T>, object: T): Record<string, unknown> {
  const { cells } = tableRow(kind, object, nowMs);
  const columns = tableColumns(kind);
  return Object.fromEntries(
    columns.map(({ name, priority }, index) => [priority === 0 ? name : `(${name})`, cells[index]]),
  );
}

function made<T extends KubeObject>(
  kind: Kind<T>,
  rest: Omit<T, "apiVersion" | "kind" | "metadata">,
  name = "a",
): T {
  return newObject(kind, { name, namespace: "default", creationTimestamp: builtAt }, rest);
}

const template = {
  spec: {
    containers: [
      { name: "c", image: "i:1" },
      { name: "d", image: "j" },
    ],
  },
};

test("deployments", () => {
  const object = {
    ...aDeployment({ name: "web", replicas: 3 }),
    status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 },
  };
  expect(shown(deployment, object)).toEqual({
    Name: "web",
    Ready: "1/3",
    "Up-to-date": 2,
    Available: 1,
    Age: "2m5s",
    "(Containers)": "main",
    "(Images)": "example.com/app:v1",
    "(Selector)": "app=web",
  });
});

test("replica sets", () => {
  const object = made(replicaSet, { spec: { replicas: 2, selector: { matchLabels: { a: "b" } }, template } });
  expect(shown(replicaSet, object)).toMatchObject({ Desired: 2, Current: 0, Ready: 0, "(Images)": "i:1,j" });
});

describe("services", () => {
  test.each([
    [{}, ["ClusterIP", "<none>", "<none>", "80/TCP"]],
    [{ clusterIP: "None", ports: [] }, ["ClusterIP", "None", "<none>", "<none>"]],
    [
      {
        type: "NodePort" as const,
        clusterIP: "10.0.0.1",
        ports: [
          { port: 80, nodePort: 30_080 },
          { port: 53, protocol: "UDP" as const },
        ],
      },
      ["NodePort", "10.0.0.1", "<none>", "80:30080/TCP,53/UDP"],
    ],
    [{ type: "LoadBalancer" as const }, ["LoadBalancer", "<none>", "<pending>", "80/TCP"]],
    [
      { type: "ExternalName" as const, externalName: "example.com", ports: [] },
      ["ExternalName", "<none>", "example.com", "<none>"],
    ],
  ])("%j", (spec, cells) => {
    expect(tableRow(service, aService({ spec }), nowMs).cells.slice(1, 5)).toEqual(cells);
  });
});

test("nodes", () => {
  const labels = { "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "" };
  const object = aNode({ name: "node-1", labels, spec: { unschedulable: true } });
  expect(shown(node, object)).toMatchObject({
    Status: "Ready,SchedulingDisabled",
    Roles: "control-plane,worker",
    Version: "<unknown>",
    "(Internal-IP)": "<none>",
  });
  const names = tableColumns(node).map(({ name }) => name);
  expect(names.slice(0, 5)).toEqual(["Name", "Status", "Roles", "Age", "Version"]);
  expect(shown(node, { ...object, status: {} })["Status"]).toBe("Unknown,SchedulingDisabled");
});

test("events have no name and no age, but say when", () => {
  const object = made(event, {
    involvedObject: { kind: "Pod", name: "web" },
    reason: "Failed",
    message: "no such image\n",
    type: "Warning",
    firstTimestamp: ago(600),
    lastTimestamp: ago(30),
    count: 4,
    source: { component: "agent", host: "node-1" },
  });
  expect(shown(event, object)).toEqual({
    "Last Seen": "30s",
    Type: "Warning",
    Reason: "Failed",
    Object: "pod/web",
    "(Subobject)": "",
    "(Source)": "agent, node-1",
    Message: "no such image",
    "(First Seen)": "10m",
    "(Count)": "4",
    "(Name)": "a",
  });
});

describe("jobs", () => {
  const spec = { template, completions: 1 };
  test.each([
    [undefined, ["Running", "0/1", ""]],
    [{ startTime: ago(30) }, ["Running", "0/1", "30s"]],
    [
      {
        startTime: ago(60),
        completionTime: ago(10),
        succeeded: 1,
        conditions: [{ type: "Complete", status: "True" as const }],
      },
      ["Complete", "1/1", "50s"],
    ],
    [
      {
        startTime: ago(60),
        conditions: [{ type: "Failed", status: "True" as const, lastTransitionTime: ago(20) }],
      },
      ["Failed", "0/1", "40s"],
    ],
  ])("%j", (status, cells) => {
    const object = made(job, status === undefined ? { spec } : { spec, status });
    expect(tableRow(job, object, nowMs).cells.slice(1, 4)).toEqual(cells);
  });
});

test("entries are counted", () => {
  expect(shown(configMap, made(configMap, { data: { a: "" }, binaryData: { b: "" } }))["Data"]).toBe(2);
  expect(shown(secret, made(secret, { data: { a: "" }, type: "Opaque" }))).toMatchObject({
    Type: "Opaque",
    Data: 1,
  });
  expect(shown(namespace, made(namespace, { status: { phase: "Active" } }))["Status"]).toBe("Active");
});

test("endpoint slices show three and count the rest", () => {
  const endpoints = ["1", "2", "3", "4", "5"].map((each) => ({ addresses: [`10.0.0.${each}`] }));
  const object = made(endpointSlice, { addressType: "IPv4", endpoints, ports: [{ port: 80 }] });
  expect(shown(endpointSlice, object)).toMatchObject({
    AddressType: "IPv4",
    Ports: "80",
    Endpoints: "10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...",
  });
  expect(shown(endpointSlice, { ...object, endpoints: [] })["Endpoints"]).toBe("<unset>");
});

test("builds", () => {
  const spec = {
    source: { type: "Git" as const },
    strategy: { nagiStrategy: {} },
    revision: { git: { commit: "0123456789abcdef" } },
  };
  const status = {
    phase: "Failed" as const,
    reason: "BuildFailed",
    startTimestamp: ago(90),
    completionTimestamp: ago(30),
  };
  expect(shown(build, made(build, { spec, status }))).toMatchObject({
    Type: "Nagi",
    From: "Git@0123456",
    Status: "Failed (BuildFailed)",
    Started: "90s ago",
    Duration: "60s",
  });
  expect(shown(buildConfig, made(buildConfig, { spec: { strategy: { dockerStrategy: {} } } }))).toMatchObject(
    {
      Type: "Docker",
      From: "",
      Latest: 0,
    },
  );
});

test("image streams name the tag that moved last first", () => {
  const item = (seconds: number) => [
    { created: ago(seconds), dockerImageReference: "r", image: "s", generation: 1 },
  ];
  const tags = [
    { tag: "old", items: item(500) },
    { tag: "latest", items: item(60) },
  ];
  const object = made(imageStream, {
    spec: { tags: [{ name: "later" }] },
    status: { dockerImageRepository: "reg/a", tags },
  });
  expect(shown(imageStream, object)).toMatchObject({
    "Image Repository": "reg/a",
    Tags: "latest,old,later",
    Updated: "60s ago",
  });
});

test("routes", () => {
  const object = made(route, {
    spec: {
      host: "a.example",
      to: { name: "a", weight: 3 },
      alternateBackends: [{ name: "b", weight: 1 }],
      tls: { termination: "edge", insecureEdgeTerminationPolicy: "Redirect" },
    },
  });
  expect(shown(route, object)).toMatchObject({
    "Host/Port": "a.example",
    Services: "a(75%),b(25%)",
    Port: "<all>",
    Termination: "edge/Redirect",
    Wildcard: "None",
  });
  const refused = {
    ingress: [{ conditions: [{ type: "Admitted", status: "False" as const, reason: "HostAlreadyClaimed" }] }],
  };
  expect(shown(route, { ...object, status: refused })["Host/Port"]).toBe("HostAlreadyClaimed");
});

test("apps, releases and decisions", () => {
  const processes = { worker: { desired: 1, ready: 0 }, web: { desired: 2, ready: 2 } };
  const status = {
    url: "http://shop.localhost:8080",
    currentRelease: "shop-v3",
    processes,
    conditions: [{ type: "Ready", status: "True" as const }],
  };
  expect(shown(app, made(app, { spec: {}, status }, "shop"))).toMatchObject({
    URL: "http://shop.localhost:8080",
    Release: "v3",
    Processes: "web=2/2,worker=0/1",
    Ready: "True",
    "(Image)": "<none>",
  });
  const spec = {
    app: "shop",
    version: 3,
    image: "i",
    processes: {},
    configSecret: "s",
    description: "Deploy 0123456",
  };
  expect(shown(release, made(release, { spec }))).toMatchObject({
    Version: "v3",
    Status: "Pending",
    Description: "Deploy 0123456",
  });
  const decision = made(schedulingDecision, {
    spec: { pod: { name: "p" }, outcome: "Scheduled", node: "n", feasibleNodes: 1, evaluatedNodes: 2 },
  });
  expect(shown(schedulingDecision, decision)).toMatchObject({
    Pod: "p",
    Outcome: "Scheduled",
    Node: "n",
    Feasible: "1/2",
  });
});
