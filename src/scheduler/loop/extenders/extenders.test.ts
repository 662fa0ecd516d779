/** The scheduler with extenders that answer over real HTTP. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import { MetricsRegistry } from "../../../lib/metrics.ts";
import { seededRandom } from "../../../lib/random.ts";
import { findCondition } from "../../../model/conditions.ts";
import type { Node } from "../../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { schedulingDecision } from "../../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { podGroup } from "../../../model/kinds/scheduling/podgroup/podgroup.ts";
import { newObject } from "../../../model/kind.ts";
import type { ExtenderConfig } from "../../policy/scheduler-config.ts";
import { SchedulerMetrics } from "../scheduler-metrics.ts";
import { createScheduler } from "../scheduler.ts";
import { Extenders } from "./extenders.ts";

type Answer = (path: string, body: Record<string, unknown>) => unknown;

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function serve(answer: Answer): Promise<string> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      void Promise.resolve(answer(request.url ?? "", body)).then((value) =>
        response.writeHead(value === undefined ? 500 : 200).end(JSON.stringify(value)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(
    () => server.closeAllConnections(),
    () => void server.close(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const config = (urlPrefix: string, extras: Partial<ExtenderConfig> = {}): ExtenderConfig => ({
  urlPrefix,
  filterVerb: "filter",
  weight: 1,
  timeoutMs: 2000,
  nodeCacheCapable: true,
  managedResources: [],
  ignorable: false,
  ...extras,
});

const aNode = (name: string): Node => {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: { allocatable, capacity: allocatable },
  };
};
const aPod = (name: string, spec: Partial<Pod["spec"]> = {}): Pod =>
  newObject(
    pod,
    { name, namespace: "default" },
    { spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }], ...spec } },
  );

async function start(configs: readonly ExtenderConfig[], objects: readonly (Node | Pod)[]) {
  const client = new FakeClient({ objects });
  const registry = new MetricsRegistry();
  const metrics = new SchedulerMetrics(registry);
  const [clock, log, random] = [systemClock, silentLogger, seededRandom(1)];
  const monotonicMs = (): number => performance.now();
  const extenders = await Extenders.open({ configs, factor: 10, metrics, monotonicMs, clock, log });
  const abort = new AbortController();
  const running = createScheduler({ client, clock, random, log, metrics, extenders }).run(abort.signal);
  ends.push(async () => {
    abort.abort();
    await running;
    extenders.close();
  });
  const of = (name: string) => client.get(pod, { namespace: "default", name });
  return { client, registry, of };
}

const nodeOf = async (of: (name: string) => Promise<Pod>, name: string, wanted: string): Promise<void> => {
  await expect.poll(async () => (await of(name)).spec.nodeName, { timeout: 5000 }).toBe(wanted);
};

test("they leave nodes out, and their points decide among the others", async () => {
  const url = await serve((path, { NodeNames: names }) =>
    path === "/filter"
      ? { NodeNames: (names as string[]).filter((name) => name !== "a"), FailedNodes: { a: "no a" } }
      : [
          { Host: "b", Score: 3 },
          { Host: "c", Score: 9 },
        ],
  );
  const { client, registry, of } = await start(
    [config(url, { prioritizeVerb: "prioritize" })],
    [aNode("a"), aNode("b"), aNode("c")],
  );
  await client.create(pod, aPod("p"));
  await nodeOf(of, "p", "c");
  const decision = async () => (await client.list(schedulingDecision)).items[0]?.spec;
  await expect.poll(async () => (await decision())?.outcome, { timeout: 5000 }).toBe("Scheduled");
  const spec = await decision();
  expect(spec).toMatchObject({ feasibleNodes: 2, reasons: [{ reason: "no a", count: 1 }] });
  const said = (name: string) => spec?.nodes?.find((node) => node.name === name);
  const plugin = `Extender ${url}`;
  expect(said("a")?.predicates?.at(-1)).toMatchObject({ plugin, verdict: "fail", reason: "no a" });
  expect(said("c")?.predicates?.at(-1)).toMatchObject({ plugin, verdict: "pass" });
  const points = { plugin, raw: 9, normalized: 90, weight: 1, weighted: 90 };
  expect(said("c")?.scores?.at(-1)).toEqual(points);
  expect((said("c")?.total ?? 0) - (said("b")?.total ?? 0)).toBe(60);
  expect(registry.text()).toMatch(
    /scheduler_extender_duration_seconds_count{[^}]*verb="filter",status="success"} 1/,
  );
});

test("where it refuses the nodes that fit, room is made on one that it takes", async () => {
  const url = await serve((_path, { NodeNames: names }) => ({
    NodeNames: (names as string[]).filter((name) => name === "full"),
    FailedNodes: { free: "not free" },
  }));
  const full = { ...aNode("full"), status: { allocatable: { cpu: "1", memory: "1Gi", pods: "9" } } };
  const { client, of } = await start([config(url)], [aNode("free"), full]);
  await client.create(pod, aPod("low", { nodeName: "full", priority: 1 }));
  await client.create(pod, aPod("high", { priority: 100 }));
  await expect
    .poll(async () => (await of("low")).metadata.deletionTimestamp, { timeout: 5000 })
    .toBeDefined();
  expect((await of("high")).status?.nominatedNodeName).toBe("full");
  await client.delete(pod, { namespace: "default", name: "low" }, { gracePeriodSeconds: 0 });
  await nodeOf(of, "high", "full");
});

test("a pod group goes where they let each of its members go, whole or not at all", async () => {
  let allowed = ["a"];
  const asked: string[] = [];
  const url = await serve((_path, { Pod: object, NodeNames: names }) => {
    asked.push((object as Pod).metadata.name ?? "");
    return { NodeNames: (names as string[]).filter((name) => allowed.includes(name)), FailedNodes: {} };
  });
  const small = (name: string): Node => ({
    ...aNode(name),
    status: { allocatable: { cpu: "1", memory: "1Gi", pods: "9" } },
  });
  const { client, of } = await start([config(url)], [small("a"), small("b"), small("c")]);
  await client.create(
    podGroup,
    newObject(podGroup, { name: "g", namespace: "default" }, { spec: { minMember: 2 } }),
  );
  for (const name of ["m1", "m2"]) {
    const labels = { "scheduling.x-k8s.io/pod-group": "g" };
    const member = aPod(name);
    await client.create(pod, { ...member, metadata: { ...member.metadata, labels } });
  }
  const message = async (name: string) =>
    findCondition((await of(name)).status?.conditions, "PodScheduled")?.message ?? "";
  await expect.poll(() => message("m1"), { timeout: 5000 }).toContain("left out by extender");
  expect(new Set(asked)).toEqual(new Set(["m1", "m2"]));
  expect([(await of("m1")).spec.nodeName, (await of("m2")).spec.nodeName]).toEqual([undefined, undefined]);
  allowed = ["b", "c"];
  const places = async () => new Set([(await of("m1")).spec.nodeName, (await of("m2")).spec.nodeName]);
  await expect.poll(places, { timeout: 10_000 }).toEqual(new Set(["b", "c"]));
});

test("one that is slow holds up nobody else, and one that fails is told of", async () => {
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const url = await serve(async () => {
    asked.resolve();
    await release.promise;
    return undefined;
  });
  const slow = config(url, { managedResources: ["example.com/gpu"] });
  const { client, of } = await start([slow], [aNode("a")]);
  const wants = { resources: { requests: { cpu: "1" }, limits: { "example.com/gpu": "0" } } };
  await client.create(pod, aPod("gpu", { containers: [{ name: "c", image: "i", ...wants }] }));
  await asked.promise;
  await client.create(pod, aPod("plain"));
  await nodeOf(of, "plain", "a");
  expect((await of("gpu")).spec.nodeName).toBeUndefined();
  release.resolve();
  const condition = async () => findCondition((await of("gpu")).status?.conditions, "PodScheduled");
  await expect.poll(async () => (await condition())?.reason, { timeout: 5000 }).toBe("SchedulerError");
  expect((await condition())?.message).toContain("/filter: it answered 500");
});

test("one that may be ignored is; one that refuses all nodes says why", async () => {
  const broken = config("http://127.0.0.1:1", { ignorable: true });
  let refuses = true;
  const url = await serve((_path, { Nodes: nodes }) => {
    const { items } = nodes as { items: { metadata: { name: string } }[] };
    const failedNodes = Object.fromEntries(items.map(({ metadata }) => [metadata.name, "out of tokens"]));
    return refuses ? { nodes: { items: [] }, failedNodes } : { nodes: { items } };
  });
  const { client, of } = await start(
    [broken, config(url, { nodeCacheCapable: false })],
    [aNode("a"), aNode("b")],
  );
  await client.create(pod, aPod("p"));
  const message = async () => findCondition((await of("p")).status?.conditions, "PodScheduled")?.message;
  await expect.poll(message, { timeout: 5000 }).toBe("0/2 nodes are available: 2 out of tokens.");
  refuses = false;
  await expect.poll(async () => (await of("p")).spec.nodeName, { timeout: 5000 }).toBeDefined();
});

test("one that binds does so in our place, and one that preempts spares whom it wants", async () => {
  const bound: unknown[] = [];
  const server: { client?: FakeClient } = {};
  const url = await serve(async (path, body) => {
    if (path === "/preempt") {
      const { a: _, ...rest } = body["NodeNameToMetaVictims"] as Record<string, unknown>;
      return { NodeNameToMetaVictims: rest };
    }
    bound.push(body);
    const target = { kind: "Node", name: body["Node"] as string };
    const ref = { namespace: "default", name: body["PodName"] as string };
    await server.client?.post(pod, ref, "binding", { target });
    return { Error: "" };
  });
  const full = (name: string): Node => ({
    ...aNode(name),
    status: { allocatable: { cpu: "1", memory: "1Gi", pods: "9" } },
  });
  const { client, of } = await start(
    [config(url, { filterVerb: undefined, preemptVerb: "preempt", bindVerb: "bind" })],
    [full("a"), full("b")],
  );
  server.client = client;
  for (const nodeName of ["a", "b"]) {
    await client.create(pod, aPod(`low-${nodeName}`, { nodeName, priority: 1 }));
  }
  await client.create(pod, aPod("high", { priority: 100 }));
  // As the agent does when the pod has stopped.
  await expect.poll(async () => (await of("low-b")).metadata.deletionTimestamp).toBeDefined();
  await client.delete(pod, { namespace: "default", name: "low-b" }, { gracePeriodSeconds: 0 });
  await nodeOf(of, "high", "b");
  expect(bound).toMatchObject([{ PodName: "high", PodNamespace: "default", Node: "b" }]);
  const names = (await client.list(pod)).items.map(({ metadata }) => metadata.name);
  expect(new Set(names)).toEqual(new Set(["high", "low-a"]));
});
