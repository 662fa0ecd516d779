/** Namespaces, cables and rules as the kernel has them; no container is in them. */

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ContainerEngine } from "../container-engine/container-engine.ts";
import { silentLogger } from "../log.ts";
import { runProgram } from "../system-programs.ts";
import { removeWiring, Wiring } from "./wiring.ts";

const ip = (...argv: string[]): Promise<string> => runProgram("/usr/sbin/ip", argv);
/** Nothing of the engine is asked but what it is, and whether it knows the network. */
const podman = { isPodman: async () => true, findNetwork: async () => ({}) } as unknown as ContainerEngine;
const suffix = `${process.pid % 100_000}`;
const place = {
  instance: `wiring-${suffix}`,
  bridge: `nw${suffix}`,
  subnet: "10.239.0.0/16",
  gateway: "10.239.0.1",
  network: { name: `nagi-wiring-${suffix}`, labels: {} },
  log: silentLogger,
};
const uid = "00000000-0000-4000-8000-000000000001";
const other = "00000000-0000-4000-8000-000000000002";
let wiring: Wiring;

async function open(): Promise<Wiring> {
  const opened = await Wiring.open(podman, place);
  if (opened === undefined) throw new Error("no namespaces here");
  return opened;
}

function inNamespace(path: string, script: string): Promise<string> {
  return runProgram("/usr/bin/nsenter", [`--net=${path}`, process.execPath, "-e", script]);
}

/** What a request from the namespace to an address is answered. */
function ask(path: string, url: string): Promise<string> {
  const script = `fetch("${url}", { signal: AbortSignal.timeout(5000) }).then((r) => r.text()).then((t) => process.stdout.write(t))`;
  return inNamespace(path, script);
}

beforeAll(() => removeWiring(place.instance, place.bridge));
beforeEach(async () => {
  wiring = await open();
});
afterEach(() => removeWiring(place.instance, place.bridge));

test("a pod reaches the machine and other pods, and passes for the machine outside", async () => {
  const path = await wiring.attach(uid, "10.239.0.2");
  const second = await wiring.attach(other, "10.239.0.3");
  expect(await wiring.attach(uid, "10.239.0.2")).toBe(path);
  const server = createServer((request, response) => response.end(request.socket.remoteAddress));
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const { port } = server.address() as AddressInfo;
  const outside = `nw-outside-${suffix}`;
  try {
    expect(await ask(path, `http://10.239.0.1:${port}/`)).toBe("10.239.0.2");
    expect(await ask(second, `http://10.239.0.1:${port}/`)).toBe("10.239.0.3");
    // Another machine, which knows no way to pods.
    await ip("netns", "add", outside);
    await ip("link", "add", `no${suffix}`, "type", "veth", "peer", "name", "eth0", "netns", outside);
    await ip("address", "add", "10.238.255.1/30", "dev", `no${suffix}`);
    await ip("link", "set", `no${suffix}`, "up");
    await ip("-n", outside, "address", "add", "10.238.255.2/30", "dev", "eth0");
    await ip("-n", outside, "link", "set", "eth0", "up");
    const answering = `require("node:http").createServer((q, r) => r.end(q.socket.remoteAddress, () => process.exit())).listen(8080, "0.0.0.0")`;
    const seen = inNamespace(`/run/netns/${outside}`, answering);
    await expect.poll(() => ask(path, "http://10.238.255.2:8080/").catch(() => "")).toBe("10.238.255.1");
    await seen;
  } finally {
    server.close();
    await ip("netns", "del", outside).catch(() => undefined);
  }
});

test("what an earlier process left is made anew, half made or in use by another", async () => {
  const path = await wiring.attach(uid, "10.239.0.2");
  await ip("-n", path.split("/").at(-1) ?? "", "link", "del", "eth0");
  const next = await open();
  expect(await next.attach(uid, "10.239.0.2")).toBe(path);
  expect(await ip("-n", path.split("/").at(-1) ?? "", "-br", "address", "show", "eth0")).toContain(
    "10.239.0.2/16",
  );
  // The address passes to another pod before what was is gone.
  const second = await next.attach(other, "10.239.0.2");
  expect(await ip("-n", second.split("/").at(-1) ?? "", "-br", "address", "show", "eth0")).toContain(
    "10.239.0.2/16",
  );
  expect((await next.uids()).toSorted()).toEqual([uid, other]);
});

test("a pod that goes leaves nothing; an instance leaves neither bridge nor rules", async () => {
  const path = await wiring.attach(uid, "10.239.0.2");
  expect(existsSync(`/sys/class/net/${place.bridge}`)).toBe(true);
  await wiring.detach(uid, "10.239.0.2");
  expect(existsSync(path)).toBe(false);
  expect(await ip("-br", "link", "show", "type", "veth")).not.toContain("nagi0aef0002");
  // Again, and of one that there never was.
  await wiring.detach(uid, "10.239.0.2");
  await wiring.detach(other, undefined);
  await Promise.all([wiring.attach(uid, "10.239.0.2"), wiring.repair(), wiring.repair()]);
  await removeWiring(place.instance, place.bridge);
  expect(existsSync(path)).toBe(false);
  expect(await runProgram("/usr/sbin/iptables", ["-S", "FORWARD"])).not.toContain(place.instance);
  expect(existsSync(`/sys/class/net/${place.bridge}`)).toBe(false);
  const rules = await runProgram("/usr/sbin/nft", ["list", "ruleset"]);
  expect(rules).not.toContain(place.instance);
  expect(rules).not.toContain(place.subnet);
});

test("a bridge or rules that somebody took away are there again", async () => {
  const path = await wiring.attach(uid, "10.239.0.2");
  await ip("link", "del", place.bridge);
  await wiring.attach(other, "10.239.0.3");
  const server = createServer((_request, response) => response.end("found"));
  await new Promise<void>((resolve) => server.listen(0, "10.239.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await runProgram("/usr/sbin/nft", ["delete", "table", "ip", `nagi-nat-${place.instance}`]);
    await wiring.repair();
    expect(await runProgram("/usr/sbin/nft", ["list", "ruleset"])).toContain(`nagi-nat-${place.instance}`);
    // Its cable lost its bridge with that, and is plugged in again.
    expect(await ask(path, `http://10.239.0.1:${port}/`)).toBe("found");
  } finally {
    server.close();
  }
});
