/** Why a pod waits and what helps, on a real platform: the suggestion works; what-if changes nothing. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SchedulingDecision } from "../../src/model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { root, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let extender: Server;
let folder: string;
beforeAll(async () => {
  extender = createServer(answer);
  await new Promise<void>((resolve) => extender.listen(0, "127.0.0.1", resolve));
  folder = mkdtempSync(join(tmpdir(), "nagi-extended-"));
  const config = join(folder, "scheduler.yaml");
  writeFileSync(config, configText((extender.address() as AddressInfo).port));
  const plugin = join(root, "examples/scheduler-plugin");
  const flags = ["--scheduler-config", config, "--scheduler-plugin", plugin];
  platform = await TestPlatform.start({ nodes: 3, flags });
});
afterAll(() => {
  platform.stop();
  extender.closeAllConnections();
  extender.close();
  rmSync(folder, { recursive: true });
});

const licence = "example.com/licence";
const configText = (port: number): string => `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
  - plugins: { multiPoint: { enabled: [{ name: DiskClass }] } }
extenders:
  - urlPrefix: http://127.0.0.1:${port}/licences
    filterVerb: filter
    nodeCacheCapable: true
    managedResources: [{ name: ${licence}, ignoredByScheduler: true }]
`;

/** There are licences for node-3 only. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { NodeNames: names } = JSON.parse(Buffer.concat(chunks).toString()) as { NodeNames: string[] };
    const others = names.filter((name) => name !== "node-3");
    const failed = Object.fromEntries(others.map((name) => [name, "has no licence"]));
    response.end(
      JSON.stringify({ NodeNames: names.filter((name) => name === "node-3"), FailedNodes: failed }),
    );
  });
}

function createPod(name: string, more: object = {}, annotations: Record<string, string> = {}): void {
  const container = {
    name: "main",
    image: "localhost/nagi/base:latest",
    imagePullPolicy: "IfNotPresent",
    command: ["sleep", "1000"],
    ports: [{ containerPort: 8080, hostPort: 18080 }],
    resources: { requests: { cpu: "10m", memory: "16Mi" } },
  };
  const labels = { "nagi.dev/app": "shop", "nagi.dev/process": "web" };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container], ...more };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, labels, annotations }, spec };
  platform.nagi(["create", "-f", "-"], { input: JSON.stringify(pod) });
}

const nodeOf = (name: string): string =>
  platform.kubectl(["get", "pod", name, "-o", "jsonpath={.spec.nodeName}"]);

const decisionOf = (name: string): SchedulingDecision =>
  JSON.parse(platform.nagi(["why", name, "-o", "json"])) as SchedulingDecision;

it("says why a pod waits; what it suggests helps", async () => {
  for (const name of ["shop-1", "shop-2", "shop-3"]) createPod(name);
  await until(() => ["shop-1", "shop-2", "shop-3"].every((name) => nodeOf(name) !== ""), "three placed pods");
  createPod("shop-4");
  const kept = (): string => platform.tryNagi(["get", "sd", "shop-4", "-o", "yaml"]).stdout;
  await until(() => kept().includes("suggestions:"), "suggestions in the object");
  const text = platform.nagi(["why", "shop-4"]);
  expect(text).toMatch(/^node-3 +rejected +NodePorts +port 18080\/TCP is held by default\/shop-\d$/m);
  expect(text).toContain("What would help, each tried on a copy of the cluster:");
  const suggestions = decisionOf("shop-4").spec.suggestions ?? [];
  const deletion = suggestions.find(({ changes }) => changes[0]?.type === "DeletePod");
  const [program = "", ...argv] = deletion?.changes[0]?.command?.split(" ") ?? [];
  expect(program).toBe("nagi");
  platform.nagi(argv);
  await until(() => nodeOf("shop-4") === deletion?.node, "the pod on the node that was foretold");
});

it("says why a pod is there, of an app, of one node, and when no decision is kept", async () => {
  await until(() => decisionOf("shop-4").spec.outcome === "Scheduled", "the decision");
  expect(platform.nagi(["why", "shop-4"])).toMatch(/was placed on node-\d/);
  expect(platform.nagi(["why", "shop/web"])).toMatch(/^shop-4 +node-\d$/m);
  expect(platform.nagi(["why", "shop-4", "--now", "--node", "node-1"])).toContain("NodePorts (PodFitsPorts)");
  createPod("elsewhere", { schedulerName: "another" });
  const { stdout, stderr } = platform.tryNagi(["why", "elsewhere"]);
  expect(stderr).toContain("is left to the scheduler another");
  expect(stdout).toContain("is waiting for a node");
  expect(platform.tryNagi(["why", "nobody"]).stderr).toContain("there is no pod and no running app nobody");
});

it("asks a plugin of others and an extender, and says what they said", async () => {
  const asking = { resources: { requests: { [licence]: "1" }, limits: { [licence]: "1" } } };
  const containers = [
    { name: "main", image: "localhost/nagi/base:latest", command: ["sleep", "9"], ...asking },
  ];
  createPod("licensed", { containers });
  await until(() => nodeOf("licensed") === "node-3", "the pod to be where the licence is");
  await until(() => platform.kubectl(["get", "sd"]).includes("licensed"), "the decision to be kept");
  expect(platform.nagi(["why", "licensed"])).toMatch(
    /node-1 +rejected +Extender http:\/\/127[.]0[.]0[.]1:\d+\/licences +has no licence/,
  );
  createPod(
    "disk",
    { containers: [{ ...containers[0], resources: {} }] },
    { "example.com/disk-class": "fast" },
  );
  await until(() => platform.tryNagi(["why", "disk"]).stdout.includes("DiskClass"), "the plugin to say no");
  expect(platform.nagi(["why", "disk"])).toContain("needs a disk of class fast, has none");
  platform.kubectl(["label", "node", "node-2", "example.com/disk-class=fast"]);
  await until(() => nodeOf("disk") === "node-2", "the pod to be where the disk is");
});

it("simulates a drain and more pods, as table, JSON and picture, and changes nothing", () => {
  // What a node or a pod tells of itself changes all the time.
  const wanted = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.labels} {.spec}{end}";
  const before = platform.kubectl(["get", "nodes,pods", "-o", wanted]);
  const table = platform.nagi(["simulate", "--drain", nodeOf("shop-4"), "--seed", "1"]);
  expect(table).toMatch(/^STAYS PENDING +WHY$/m);
  const picture = join(platform.dataDir, "cluster.svg");
  const argv = ["simulate", "--add-nodes", "3", "--add-pods", "2", "--like", "pod/shop-4", "--svg", picture];
  const { simulations } = JSON.parse(platform.nagi([...argv, "-o", "json"])) as {
    simulations: { placements: { name: string; node: string }[] }[];
  };
  // The pod of the other scheduler waits for a node too.
  const places = new Map(simulations[0]?.placements.map(({ name, node }) => [node, name]));
  expect([...places.keys()].toSorted()).toEqual(["new-1", "new-2", "new-3"]);
  expect([...places.values()].toSorted()).toEqual(["elsewhere", "shop-4-sim-1", "shop-4-sim-2"]);
  expect(readFileSync(picture, "utf8")).toContain("new-2 (new)");
  expect(platform.kubectl(["get", "nodes,pods", "-o", wanted])).toBe(before);
});
