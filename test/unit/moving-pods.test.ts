/** `drain` and `rebalance --apply` against the real API server, controllers and scheduler; a fake agent runs the pods. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { command as drain } from "../../src/cli/commands/drain.ts";
import { command as rebalance } from "../../src/cli/commands/rebalance.ts";
import type { Command } from "../../src/cli/command.ts";
import { runCommand } from "../../src/cli/testing/command-bench.ts";
import type { Client } from "../../src/client/client.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { runFakeAgent } from "../../src/engine/workloads/testing/fake-agent.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { isConditionTrue } from "../../src/model/conditions.ts";
import { newObject } from "../../src/model/kind.ts";
import { deployment } from "../../src/model/kinds/apps/deployment/deployment.ts";
import { pod } from "../../src/model/kinds/core/pod/pod.ts";
import { podDisruptionBudget } from "../../src/model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import { createScheduler } from "../../src/scheduler/loop/scheduler.ts";
import { ControlPlane } from "../harness/control-plane.ts";

const namespace = "default";
const labels = { app: "web" };
let plane: ControlPlane;
let client: Client;

beforeEach(async () => {
  plane = await ControlPlane.open();
  ({ client } = plane);
  plane.run(
    (signal) => runWorkloads(plane.parts, signal),
    (signal) => createScheduler({ ...plane.parts, random: seededRandom(1) }).run(signal),
    (signal) => runFakeAgent({ client, onlyBound: true }, signal),
  );
});
afterEach(() => plane.close());

async function addWeb(replicas: number): Promise<void> {
  const resources = { requests: { cpu: "500m", memory: "512Mi" } };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i", resources }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  await client.create(deployment, newObject(deployment, { name: "web", namespace }, { spec }));
  const budget = { minAvailable: replicas - 1, selector: { matchLabels: labels } };
  await client.create(
    podDisruptionBudget,
    newObject(podDisruptionBudget, { name: "web", namespace }, { spec: budget }),
  );
}

async function readyPods(): Promise<string[]> {
  const { items } = await client.list(pod);
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ status }) => isConditionTrue(status?.conditions, "Ready"))
    .map(({ spec }) => spec.nodeName ?? "");
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to it");
}

/** What a command printed, with what is for people only unless that goes elsewhere. */
async function run(
  command: Command,
  args: readonly string[],
  flags: Readonly<Record<string, string | number | boolean>>,
  notes?: string[],
): Promise<string> {
  const options = Object.entries(flags).map(([name, value]) =>
    value === true ? `--${name}` : `--${name}=${value}`,
  );
  const given = { signal: plane.stop.signal, namespace };
  const { out, err } = await runCommand(command, client, [...args, ...options], given);
  notes?.push(err);
  return (notes === undefined ? `${out}${err}` : out).trimEnd();
}

const count = (names: readonly string[], name: string): number =>
  names.filter((each) => each === name).length;

test("rebalance proposes, and moves pods one by one as far as the budget allows", async () => {
  await plane.addNode("node-1");
  await addWeb(4);
  await until(async () => (await readyPods()).length === 4);
  await plane.addNode("node-2");
  const proposal = JSON.parse(await run(rebalance, [], { output: "json" })) as { moves: unknown[] };
  expect(proposal.moves).toHaveLength(2);
  expect(count(await readyPods(), "node-1")).toBe(4);
  let fewest = 4;
  const watching = setInterval(() => {
    void readyPods().then((names) => (fewest = Math.min(fewest, names.length)));
  }, 5);
  const said = await run(rebalance, [], { apply: true, timeout: 20 });
  clearInterval(watching);
  expect(said.match(/is ready on node-2/g)).toHaveLength(2);
  expect(count(await readyPods(), "node-2")).toBe(2);
  expect(fewest).toBeGreaterThanOrEqual(3);
  expect(await run(rebalance, [], {})).toBe("No move improves the spread of the pods.");
});

test("density empties a node and keeps it empty", async () => {
  await plane.addNode("node-1");
  await plane.addNode("node-2");
  await addWeb(3);
  await until(async () => (await readyPods()).length === 3);
  const notes: string[] = [];
  const flags = { objective: "density", apply: true, timeout: 20, output: "json" };
  const { freed } = JSON.parse(await run(rebalance, [], flags, notes)) as { freed: unknown[] };
  expect(freed).toHaveLength(1);
  expect(notes.join("")).toMatch(/node\/node-[12] cordoned/);
  const names = await readyPods();
  expect([names.length, new Set(names).size]).toEqual([3, 1]);
});

test("drain empties a node within the budget", async () => {
  await plane.addNode("node-1");
  await addWeb(2);
  await until(async () => (await readyPods()).length === 2);
  await plane.addNode("node-2");
  const said = await run(drain, ["node-1"], { timeout: 25 });
  expect(said).toContain("node/node-1 cordoned");
  expect(said).toContain("will retry after 5s");
  expect(said).toContain("node/node-1 drained");
  await until(async () => count(await readyPods(), "node-2") === 2);
});

test("drain says what it may not touch", async () => {
  await plane.addNode("node-1");
  const spec = { containers: [{ name: "c", image: "i" }], nodeName: "node-1" };
  await client.create(pod, newObject(pod, { name: "bare", namespace }, { spec }));
  await expect(run(drain, ["node-1"], {})).rejects.toThrow(
    "unable to drain node node-1, it stays cordoned: cannot delete Pods that declare no controller (use --force to override): default/bare",
  );
  expect(await run(drain, ["node-1"], { force: true })).toContain("pod default/bare evicted");
});
