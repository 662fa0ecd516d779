import { Resolver } from "node:dns/promises";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { createLogger } from "../../lib/log.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import {
  endpointSlice,
  type EndpointSlice,
} from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { newObject } from "../../model/kind.ts";
import { cleanupNetwork, createNetwork } from "./network.ts";
import { runProgram } from "../../lib/system-programs.ts";
import { PodBridge, podPort, type TestPod } from "./testing/pod-bridge.ts";

const namespace = "default";
const instance = `test-${pid}`;
const table = `nagi-${instance}`;
const serviceCidr = "10.243.0.0/16";
const bridge = new PodBridge(`ng${pid % 100_000}`, `10.242.${pid % 250}`);
const nft = "/usr/sbin/nft";
/** What was logged; nothing may be left at the end of a test. */
const lines: string[] = [];
let dataDir = "";
let first: TestPod;
let second: TestPod;
let client: FakeClient;
let stop: AbortController | undefined;
let running: Promise<void> | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "nagi-network-"));
  await bridge.create();
  first = await bridge.addPod();
  second = await bridge.addPod();
});

afterEach(async () => {
  await end();
  await cleanupNetwork({ instance, dataDir, clock: systemClock });
  expect(lines.splice(0)).toEqual([]);
});

afterAll(async () => {
  await bridge.destroy();
  await rm(dataDir, { recursive: true, force: true });
});

async function begin(): Promise<string | undefined> {
  const network = await createNetwork({
    client,
    instance,
    dataDir,
    serviceCidr,
    clusterDomain: "cluster.local",
    bridge,
    clock: systemClock,
    log: createLogger({ level: "warn", write: (line) => lines.push(line) }),
  });
  expect(network.problems).toEqual([]);
  stop = new AbortController();
  running = network.run(stop.signal);
  return network.dnsAddress;
}

async function end(): Promise<void> {
  stop?.abort();
  await running;
  stop = undefined;
}

const soon = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 20_000, interval: 20 });

function aService(name: string, clusterIP: string, more: Partial<Service["spec"]> = {}): Service {
  const spec = { clusterIP, ports: [{ name: "http", port: 80, targetPort: podPort }], ...more };
  return newObject(service, { name, namespace }, { spec });
}

function aSlice(of: string, pods: readonly TestPod[]): EndpointSlice {
  const labels = { "kubernetes.io/service-name": of };
  const endpoints = pods.map(({ address }) => ({ addresses: [address], conditions: { ready: true } }));
  const ports = [{ name: "http", protocol: "TCP" as const, port: podPort }];
  return newObject(
    endpointSlice,
    { name: `${of}-1`, namespace, labels },
    { addressType: "IPv4", endpoints, ports },
  );
}

/** Answers, of as many requests as it takes for all of `wanted` to come up, and no other. */
async function expectAnswers(
  from: TestPod | "host",
  address: string,
  wanted: readonly TestPod[],
): Promise<void> {
  const seen = new Set<string>();
  await soon(async () => {
    seen.add((await bridge.ask(from, address, 80)).split(" ")[0]!);
    return seen;
  }).toEqual(new Set(wanted.map(({ name }) => name)));
}

const refused = (from: TestPod | "host", address: string): Promise<unknown> =>
  expect(bridge.ask(from, address, 80)).rejects.toThrow(/refused/);

async function lookUp(name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 500, tries: 2 });
  resolver.setServers([bridge.gateway]);
  return (await resolver.resolve4(name)).sort();
}

test("a service's address leads to its ready pods, from the host, from pods and back to the same pod", async () => {
  client = new FakeClient({ objects: [aService("web", "10.243.0.10"), aSlice("web", [first, second])] });
  await begin();
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "")).toMatch(/saw/);
  await expectAnswers("host", "10.243.0.10", [first, second]);
  await expectAnswers(first, "10.243.0.10", [first, second]);
  await expectAnswers(second, "10.243.0.10", [first, second]);
});

test("endpoints that change are followed, and without any the connection is refused", async () => {
  const made = { objects: [aService("web", "10.243.0.10"), aSlice("web", [])] };
  client = new FakeClient(made);
  await begin();
  await soon(() => refused("host", "10.243.0.10").then(() => true)).toBe(true);
  await refused(first, "10.243.0.10");
  await refused(first, "10.243.9.9");
  await client.update(endpointSlice, aSlice("web", [second]));
  await soon(() => bridge.ask(first, "10.243.0.10", 80).catch(() => "")).toMatch(second.name);
  await client.delete(service, { namespace, name: "web" });
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "none")).toBe("none");
  await client.create(service, aService("other", "10.243.0.10"));
  await client.create(endpointSlice, aSlice("other", [first]));
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "")).toMatch(first.name);
});

test("a client stays with its pod when the service asks for it, and moves on when the pod is gone", async () => {
  const sticky = aService("web", "10.243.0.10", { sessionAffinity: "ClientIP" });
  client = new FakeClient({ objects: [sticky, aSlice("web", [first, second])] });
  await begin();
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "")).toMatch(/saw/);
  const answers = new Set<string>();
  for (let request = 0; request < 12; request++) answers.add(await bridge.ask("host", "10.243.0.10", 80));
  expect(answers.size).toBe(1);
  const other = [...answers][0]?.startsWith(first.name) ? second : first;
  await client.update(endpointSlice, aSlice("web", [other]));
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "")).toMatch(other.name);
});

test("names of services resolve, new ones too; unknown ones do not exist", async () => {
  const headless = aService("db", "None");
  const objects = [aService("web", "10.243.0.10"), headless, aSlice("db", [first, second])];
  client = new FakeClient({ objects });
  expect(await begin()).toBe(bridge.gateway);
  await soon(() => lookUp("web.default.svc.cluster.local").catch(() => [])).toEqual(["10.243.0.10"]);
  expect(await lookUp("db.default.svc.cluster.local")).toEqual([first.address, second.address]);
  await expect(lookUp("none.default.svc.cluster.local")).rejects.toMatchObject({ code: "ENOTFOUND" });
  await client.create(service, aService("late", "10.243.0.11"));
  await soon(() => lookUp("late.default.svc.cluster.local").catch(() => [])).toEqual(["10.243.0.11"]);
  const answer = await bridge.run(first, [
    "busybox",
    "nslookup",
    "-type=a",
    "web.default.svc.cluster.local",
    bridge.gateway,
  ]);
  expect(answer).toContain("10.243.0.10");
});

test("rules and names outlive who made them, are taken over, and go with the cleanup", async () => {
  client = new FakeClient({ objects: [aService("web", "10.243.0.10"), aSlice("web", [first])] });
  await begin();
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "")).toMatch(first.name);
  await soon(() => lookUp("web.default.svc.cluster.local").catch(() => [])).toEqual(["10.243.0.10"]);
  await end();
  expect(await bridge.ask("host", "10.243.0.10", 80)).toMatch(first.name);
  expect(await lookUp("web.default.svc.cluster.local")).toEqual(["10.243.0.10"]);
  client = new FakeClient({ objects: [aService("web", "10.243.0.12"), aSlice("web", [second])] });
  await begin();
  await soon(() => bridge.ask("host", "10.243.0.12", 80).catch(() => "")).toMatch(second.name);
  await refused("host", "10.243.0.10");
  await soon(() => lookUp("web.default.svc.cluster.local").catch(() => [])).toEqual(["10.243.0.12"]);
  await end();
  await cleanupNetwork({ instance, dataDir, clock: systemClock });
  await expect(runProgram(nft, ["list", "table", "ip", table])).rejects.toThrow(/No such file/);
  await expect(lookUp("web.default.svc.cluster.local")).rejects.toThrow();
});

test("a name server that no record tells of is ended, at the next start and at the cleanup", async () => {
  client = new FakeClient({ objects: [aService("web", "10.243.0.10")] });
  const resolves = (): Promise<string[]> => lookUp("web.default.svc.cluster.local").catch(() => []);
  const forget = (): Promise<void> => rm(join(dataDir, "network", "dnsmasq.pid"));
  await begin();
  await soon(resolves).toEqual(["10.243.0.10"]);
  await end();
  await forget();
  client = new FakeClient({ objects: [aService("web", "10.243.0.11")] });
  await begin();
  await soon(resolves).toEqual(["10.243.0.11"]);
  await end();
  await forget();
  await cleanupNetwork({ instance, dataDir, clock: systemClock });
  await soon(resolves).toEqual([]);
});

test("a table that somebody removed comes back with the next change", async () => {
  client = new FakeClient({ objects: [aService("web", "10.243.0.10"), aSlice("web", [first])] });
  await begin();
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "")).toMatch(first.name);
  await runProgram(nft, ["delete", "table", "ip", table]);
  await client.update(endpointSlice, aSlice("web", [second]));
  await soon(() => bridge.ask("host", "10.243.0.10", 80).catch(() => "")).toMatch(second.name);
  expect(lines.splice(0).join()).toMatch(/cannot apply the rules of services, trying again/);
});

test("while the pods' bridge is away, nobody else is asked in a pod's place", async () => {
  client = new FakeClient({ objects: [] });
  await begin();
  // A way out of the machine, as its default route is.
  await using elsewhere = await bridge.leadElsewhere();
  await soon(() => bridge.ask("host", elsewhere.address, podPort).catch(String)).toMatch(/refused/);
});

test("a thousand services are served", async () => {
  const many = Array.from({ length: 1000 }, (_, number) => {
    const name = `web-${number}`;
    const address = `10.243.${1 + Math.floor(number / 250)}.${number % 250}`;
    return [aService(name, address), aSlice(name, [first, second])];
  });
  client = new FakeClient({ objects: many.flat() });
  await begin();
  await soon(() => bridge.ask("host", "10.243.4.249", 80).catch(() => "")).toMatch(/saw/);
  await client.update(endpointSlice, aSlice("web-0", [second]));
  await soon(() => bridge.ask(first, "10.243.1.0", 80)).toMatch(second.name);
});
