import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { pod } from "../../src/model/kinds/core/pod/pod.ts";
import { startKubectl, type Kubectl } from "./kubectl.ts";

let kubectl: Kubectl;
const stop = new AbortController();
let workloads: Promise<void>;

const manifests = `
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {kubernetes.io/hostname: node-1}}
---
apiVersion: v1
kind: Node
metadata: {name: node-2, labels: {kubernetes.io/hostname: node-2}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: busybox}]}
`;

async function pods() {
  const { items } = await kubectl.test.client.list(pod, { labelSelector: "app=web" });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to it");
}

/** As scheduler and agent would: on a node, running and ready. */
async function runOn(nodeName: string): Promise<void> {
  for (const { metadata, spec } of await pods()) {
    const ref = { namespace: "default", name: metadata.name ?? "" };
    if (spec.nodeName !== undefined) continue;
    const target = { apiVersion: "v1", kind: "Node", name: nodeName };
    await kubectl.test.client.post(pod, ref, "binding", { apiVersion: "v1", kind: "Binding", target });
    const body = { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } };
    await kubectl.test.client.patch(pod, ref, { type: "strategic", body }, { subresource: "status" });
  }
}

const budget = (field: string) => kubectl.run("get", "pdb", "web", "-o", `jsonpath={.status.${field}}`);

beforeAll(async () => {
  kubectl = await startKubectl();
  const { client } = kubectl.test;
  workloads = runWorkloads({ client, clock: systemClock, log: silentLogger }, stop.signal);
});
afterAll(async () => {
  stop.abort();
  await workloads;
  await kubectl[Symbol.asyncDispose]();
});

describe("drain", () => {
  test("evicts as far as the budget allows, waits, and goes on when it allows more", async () => {
    await kubectl.feed(manifests, "apply", "-f", "-");
    await until(async () => (await pods()).length === 3);
    await runOn("node-1");
    await until(async () => (await budget("disruptionsAllowed")) === "1");
    expect(await kubectl.run("get", "pdb", "web")).toMatch(/web +2 +N\/A +1 +\d+s/);
    const args = ["drain", "node-1", "--grace-period=0", "--timeout=8s", "--force"];
    const said = await kubectl.fail(...args);
    expect(said).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    expect(said).toContain("will retry after 5s");
    expect(await kubectl.run("get", "node", "node-1")).toContain("SchedulingDisabled");
    const left = (await pods()).filter(({ spec }) => spec.nodeName === "node-1");
    expect(left).toHaveLength(2);
    await runOn("node-2");
    await kubectl.run("scale", "rs", "web", "--replicas=4");
    await until(async () => (await pods()).length === 4);
    await runOn("node-2");
    await until(async () => (await budget("disruptionsAllowed")) === "2");
    expect(await kubectl.run("drain", "node-1", "--grace-period=0", "--timeout=30s")).toContain("drained");
    expect((await pods()).filter(({ spec }) => spec.nodeName === "node-1")).toEqual([]);
    await kubectl.run("uncordon", "node-1");
    expect(await kubectl.run("get", "node", "node-1")).not.toContain("SchedulingDisabled");
  });

  test("leaves pods that nobody makes again, unless told otherwise", async () => {
    const bare = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "bare" },
      spec: { nodeName: "node-1", containers: [{ name: "c", image: "i" }] },
    };
    await kubectl.feed(JSON.stringify(bare), "create", "-f", "-");
    expect(await kubectl.fail("drain", "node-1")).toContain("declare no controller");
    expect(await kubectl.run("drain", "node-1", "--force", "--grace-period=0")).toContain("drained");
  });
});

describe("priority classes", () => {
  test("are made, shown, and give pods their priority", async () => {
    await kubectl.run("create", "priorityclass", "high", "--value=1000", "--description=first");
    expect(await kubectl.run("get", "priorityclass")).toMatch(/system-node-critical +2000001000 +false/);
    const important = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "important" },
      spec: { priorityClassName: "high", containers: [{ name: "c", image: "i" }] },
    };
    await kubectl.feed(JSON.stringify(important), "create", "-f", "-");
    expect(await kubectl.run("get", "pod", "important", "-o", "jsonpath={.spec.priority}")).toBe("1000");
    const unknown = { ...important, spec: { ...important.spec, priorityClassName: "nope" } };
    expect(await kubectl.failFed(JSON.stringify(unknown), "create", "-f", "-")).toContain(
      "no PriorityClass with name nope was found",
    );
  });
});
