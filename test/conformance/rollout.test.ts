/** What kubectl does with workloads, against the API server with the workload controllers and a pretended agent. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { runFakeAgent } from "../../src/engine/workloads/testing/fake-agent.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createLogger } from "../../src/lib/log.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import { newObject } from "../../src/model/kind.ts";
import { startKubectl, type Kubectl } from "./kubectl.ts";

const lines: string[] = [];
const stop = new AbortController();
const timeout = "--timeout=30s";
let kubectl: Kubectl;
let running: Promise<unknown>;

beforeAll(async () => {
  kubectl = await startKubectl();
  const { client } = kubectl.test;
  const log = createLogger({ level: "warn", write: (line) => lines.push(line) });
  await client.create(node, newObject(node, { name: "node-1" }, {}));
  running = Promise.all([
    runWorkloads({ client, clock: systemClock, log }, stop.signal),
    runFakeAgent(
      {
        client,
        node: "node-1",
        isGood: ({ spec }) => spec.containers[0]?.image !== "bad",
        phaseOf: ({ spec }) => (spec.restartPolicy === "Never" ? "Succeeded" : "Running"),
      },
      stop.signal,
    ),
  ]);
});

afterAll(async () => {
  stop.abort();
  await running;
  await kubectl[Symbol.asyncDispose]();
  expect(lines).toEqual([]);
});

const finished = (): Promise<string> => kubectl.run("rollout", "status", "deploy/web", timeout);
const revisions = async (): Promise<string[]> =>
  (await kubectl.run("rollout", "history", "deploy/web")).match(/^\d+/gm) ?? [];
const image = (): Promise<string> =>
  kubectl.run("get", "deploy/web", "-o", "jsonpath={.spec.template.spec.containers[0].image}");

test("rollout status, history, undo, restart, pause and resume, scale", async () => {
  await kubectl.run("create", "deployment", "web", "--image=first", "--replicas=3");
  expect(await finished()).toContain("successfully rolled out");
  await kubectl.run("set", "image", "deploy/web", "first=second");
  await finished();
  expect(await revisions()).toEqual(["1", "2"]);
  await kubectl.run("rollout", "undo", "deploy/web");
  await finished();
  expect([await image(), await revisions()]).toEqual(["first", ["2", "3"]]);
  await kubectl.run("rollout", "undo", "deploy/web", "--to-revision=2");
  await finished();
  expect([await image(), await revisions()]).toEqual(["second", ["3", "4"]]);
  await kubectl.run("rollout", "restart", "deploy/web");
  await finished();
  expect(await revisions()).toEqual(["3", "4", "5"]);
  await kubectl.run("rollout", "pause", "deploy/web");
  await kubectl.run("set", "image", "deploy/web", "first=third");
  await kubectl.run("scale", "deploy/web", "--replicas=5");
  await kubectl.run("wait", "deploy/web", "--for=jsonpath={.status.readyReplicas}=5", timeout);
  expect(await revisions()).toEqual(["3", "4", "5"]);
  await kubectl.run("rollout", "resume", "deploy/web");
  await finished();
  expect(await revisions()).toEqual(["3", "4", "5", "6"]);
});

test("a rollout that gets nowhere ends rollout status with an error", async () => {
  await kubectl.run("patch", "deploy/web", "-p", '{"spec":{"progressDeadlineSeconds":1}}');
  await kubectl.run("set", "image", "deploy/web", "first=bad");
  const said = await kubectl.fail("rollout", "status", "deploy/web", timeout);
  expect(said).toContain('deployment "web" exceeded its progress deadline');
  expect(await kubectl.run("get", "deploy/web", "-o", "jsonpath={.status.availableReplicas}")).toBe("4");
  expect(await kubectl.run("describe", "deploy/web")).toMatch(/Scaled up replica set web-\w+ from 0 to \d/);
});

test("delete leaves, takes or waits for what belongs to the object", async () => {
  await kubectl.run("delete", "deploy/web", "--cascade=orphan");
  expect(await kubectl.run("get", "rs", "-o", "name")).toContain("replicaset.apps/web-");
  await kubectl.run("create", "deployment", "web", "--image=third", "--replicas=2");
  await finished();
  await kubectl.run("delete", "deploy/web", "--cascade=foreground", timeout);
  expect(await kubectl.run("get", "rs,pods", "-o", "name")).toBe("");
});

test("a job is waited for, and a namespace goes with all that is in it", async () => {
  await kubectl.run("create", "namespace", "team");
  await kubectl.run("-n", "team", "create", "job", "pi", "--image=x");
  await kubectl.run("-n", "team", "wait", "--for=condition=complete", "job/pi", timeout);
  expect(await kubectl.run("-n", "team", "get", "job", "pi")).toContain("1/1");
  await kubectl.run("-n", "team", "create", "deployment", "web", "--image=x");
  await kubectl.run("delete", "namespace", "team", timeout);
  expect(await kubectl.run("get", "pods", "-A", "-o", "name")).toBe("");
});

test("stateful sets: rollout status, history, undo, restart", async () => {
  const manifest = (image: string): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "${image}"}]}}
`;
  const done = (): Promise<string> => kubectl.run("rollout", "status", "sts/db", timeout);
  const present = (): Promise<string> =>
    kubectl.run("get", "sts/db", "-o", "jsonpath={.spec.template.spec.containers[0].image}");
  await kubectl.feed(manifest("db:1"), "apply", "-f", "-");
  expect(await done()).toContain("roll");
  await kubectl.feed(manifest("db:2"), "apply", "-f", "-");
  await done();
  expect((await kubectl.run("rollout", "history", "sts/db")).match(/^\d+/gm)).toEqual(["1", "2"]);
  await kubectl.run("rollout", "undo", "sts/db");
  await done();
  expect(await present()).toBe("db:1");
  await kubectl.run("rollout", "restart", "sts/db");
  await done();
  expect(await kubectl.run("get", "sts", "db")).toMatch(/db +2\/2/);
  await kubectl.run("scale", "sts/db", "--replicas=0");
  await kubectl.run("wait", "sts/db", "--for=jsonpath={.status.replicas}=0", timeout);
});

test("daemon sets: rollout status and history", async () => {
  const manifest = (image: string): string => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: logs}
spec:
  selector: {matchLabels: {app: logs}}
  template: {metadata: {labels: {app: logs}}, spec: {containers: [{name: logs, image: "${image}"}]}}
`;
  const done = (): Promise<string> => kubectl.run("rollout", "status", "ds/logs", timeout);
  await kubectl.feed(manifest("logs:1"), "apply", "-f", "-");
  expect(await done()).toContain("successfully rolled out");
  await kubectl.feed(manifest("logs:2"), "apply", "-f", "-");
  await done();
  expect((await kubectl.run("rollout", "history", "ds/logs")).match(/^\d+/gm)).toEqual(["1", "2"]);
  await kubectl.run("rollout", "undo", "ds/logs");
  await done();
  expect((await kubectl.run("get", "ds", "logs")).split("\n")[1]).toMatch(/^logs +1 +1 +1 +1 +1 +<none>/);
});
