/** Daemon sets against the real API server, store and scheduler. */

import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { runFakeAgent } from "../../src/engine/workloads/testing/fake-agent.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { newObject } from "../../src/model/kind.ts";
import { daemonSet, type DaemonSet } from "../../src/model/kinds/apps/daemonset/daemonset.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { createScheduler } from "../../src/scheduler/loop/scheduler.ts";
import { ControlPlane } from "../harness/control-plane.ts";

const ref = { namespace: "default", name: "logs" };
const labels = { app: "logs" };
let plane: ControlPlane;
let client: Client;

beforeEach(async () => {
  plane = await ControlPlane.open();
  ({ client } = plane);
  for (const name of ["node-1", "node-2", "node-3"]) await plane.addNode(name);
  const isGood = ({ spec }: Pod): boolean => spec.containers[0]?.image !== "bad";
  plane.run(
    (signal) => runWorkloads(plane.parts, signal),
    (signal) => createScheduler({ ...plane.parts, random: seededRandom(1) }).run(signal),
    (signal) => runFakeAgent({ client, onlyBound: true, isGood }, signal),
  );
});
afterEach(() => plane.close());

const template = (image: string, spec: object = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: "logs", image }], ...spec },
});

function logs(more: Partial<DaemonSet["spec"]> = {}): Promise<DaemonSet> {
  const spec = { selector: { matchLabels: labels }, template: template("logs:1"), ...more };
  return client.create(daemonSet, newObject(daemonSet, { ...ref, labels }, { spec }));
}

const until = (holds: (set: DaemonSet) => boolean) => plane.until(daemonSet, ref, holds);

const isSettled = (count: number) => (set: DaemonSet) =>
  set.status?.observedGeneration === set.metadata.generation &&
  set.status?.desiredNumberScheduled === count &&
  set.status.numberAvailable === count &&
  set.status.updatedNumberScheduled === count &&
  set.status.numberMisscheduled === 0;

async function pods(): Promise<Pod[]> {
  return (await client.list(pod, { namespace: "default" })).items;
}
const nodesOfPods = async (): Promise<(string | undefined)[]> =>
  (await pods()).map(({ spec }) => spec.nodeName).toSorted((a = "", b = "") => (a < b ? -1 : 1));

const patch = (spec: object) => client.patch(daemonSet, ref, { type: "merge", body: { spec } as never });

test("every node has one pod, also a cordoned one and one that comes later; none is left on a node that is tainted", async () => {
  await client.patch(node, { name: "node-3" }, { type: "merge", body: { spec: { unschedulable: true } } });
  await logs();
  await until(isSettled(3));
  expect(await nodesOfPods()).toEqual(["node-1", "node-2", "node-3"]);
  await plane.addNode("node-4");
  await until(isSettled(4));
  const taints = [{ key: "broken", effect: "NoExecute" }];
  await client.patch(node, { name: "node-2" }, { type: "merge", body: { spec: { taints } } });
  await until(isSettled(3));
  await expect.poll(nodesOfPods, { timeout: 5000 }).toEqual(["node-1", "node-3", "node-4"]);
});

test("only chosen nodes", async () => {
  await client.patch(
    node,
    { name: "node-2" },
    { type: "merge", body: { metadata: { labels: { disk: "ssd" } } } },
  );
  await logs({ template: template("logs:1", { nodeSelector: { disk: "ssd" } }) });
  await until(isSettled(1));
  expect(await nodesOfPods()).toEqual(["node-2"]);
});

test("a new template goes node by node, and stops where it does no good", async () => {
  await logs();
  await until(isSettled(3));
  await patch({ template: template("logs:2") });
  await until(isSettled(3));
  expect(new Set((await pods()).map(({ spec }) => spec.containers[0]?.image))).toEqual(new Set(["logs:2"]));
  await patch({ template: template("bad") });
  await until(({ status }) => status?.updatedNumberScheduled === 1 && status.numberUnavailable === 1);
  await new Promise((resolve) => void setTimeout(resolve, 200));
  expect((await pods()).filter(({ spec }) => spec.containers[0]?.image === "bad")).toHaveLength(1);
  await patch({ template: template("logs:3") });
  await until(isSettled(3));
});

test("with a surge the old pod goes when the new one is there", async () => {
  await logs({
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  });
  await until(isSettled(3));
  await patch({ template: template("bad") });
  await expect.poll(async () => (await pods()).length, { timeout: 5000 }).toBe(4);
  const { status } = await client.get(daemonSet, ref);
  expect(status?.numberAvailable).toBe(3);
  await patch({ template: template("logs:2") });
  await until(isSettled(3));
  await expect.poll(async () => (await pods()).length, { timeout: 5000 }).toBe(3);
});
