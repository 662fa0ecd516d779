/** Namespaces of builds as the kernel has them; no step runs in them. */

import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../lib/clock.ts";
import { startOwnEngine, type OwnEngine } from "../../../lib/container-engine/testing/own-engine.ts";
import { silentLogger } from "../../../lib/log.ts";
import { runProgram } from "../../../lib/system-programs.ts";
import type { HostConfig } from "../host-config.ts";
import { BuildNetwork, removeBuildNetwork } from "./build-network.ts";

const instance = `b${process.pid}`;
const table = `nagi-builds-${instance}`;
const settings: HostConfig = { npmrc: "", ca: "", proxies: {}, mirrors: {}, apt: "" };
const uids = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`) as [
  string,
  string,
  string,
];
let own: OwnEngine;

beforeAll(async () => {
  own = await startOwnEngine();
});
afterEach(() => removeBuildNetwork(own.engine, instance));
afterAll(() => own[Symbol.asyncDispose]());

function newNetwork(): BuildNetwork {
  const { engine } = own;
  const serviceCidr = "10.96.0.0/12";
  return new BuildNetwork({ engine, instance, serviceCidr, clock: systemClock, log: silentLogger });
}

function namespaces(): string[] {
  return readdirSync("/run/netns")
    .filter((name) => name.startsWith(table))
    .toSorted();
}

async function addressIn(path: string | undefined): Promise<string> {
  const shown = await runProgram("/usr/bin/nsenter", [`--net=${path}`, "ip", "-4", "-brief", "address"]);
  return /eth0\S* +\S+ +([\d.]+)\//.exec(shown)?.[1] ?? "";
}

/** What the gateway of the namespace says to a connection: refused at once, since builds may not talk to this machine. */
async function gatewayAnswers(path: string | undefined): Promise<string> {
  const routes = await runProgram("/usr/bin/nsenter", [`--net=${path}`, "ip", "route"]);
  const gateway = /default via (\S+)/.exec(routes)?.[1] ?? "";
  const server = createServer().listen(0, "0.0.0.0");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const script = `require("node:net").connect(${port}, "${gateway}").setTimeout(5000).on("timeout", () => { console.log("silent"); process.exit() }).on("error", (e) => console.log(e.code)).on("connect", () => { console.log("open"); process.exit() })`;
  const seen = await runProgram("/usr/bin/nsenter", [`--net=${path}`, process.execPath, "-e", script]);
  server.close();
  return seen.trim();
}

test("each build has an address of its own, the same for all its steps, and leaves nothing", async () => {
  const network = newNetwork();
  const [first, second] = await Promise.all(uids.slice(0, 2).map((uid) => network.prepare(settings, uid)));
  expect(await network.prepare(settings, uids[0])).toEqual(first);
  expect(await addressIn(first?.network)).toMatch(/^10\./);
  expect(await addressIn(second?.network)).not.toBe(await addressIn(first?.network));
  expect(await gatewayAnswers(first?.network)).toBe("ECONNREFUSED");
  // A build that ends while it is prepared, and one that never was.
  const late = network.prepare(settings, uids[2]);
  await network.release(uids[2]);
  await late;
  expect(namespaces()).toEqual([expect.stringContaining(uids[0]), expect.stringContaining(uids[1])]);
  for (const uid of [...uids, "00000000-0000-4000-8000-000000000009"]) await network.release(uid);
  expect(namespaces()).toEqual([]);
});

test("what an earlier process left goes with the first build", async () => {
  await newNetwork().prepare(settings, uids[0]);
  const network = newNetwork();
  await network.prepare(settings, uids[1]);
  expect(namespaces()).toEqual([expect.stringContaining(uids[1])]);
});

test("a network that somebody removed in the engine is made again as it was, under a build too", async () => {
  const network = newNetwork();
  const { network: old } = await network.prepare(settings, uids[0]);
  const before = await own.engine.findNetwork(table);
  await own.engine.removeNetwork(table);
  const { network: young } = await network.prepare(settings, uids[1]);
  expect((await own.engine.findNetwork(table))?.IPAM).toEqual(before?.IPAM);
  const addresses = [await addressIn(old), await addressIn(young)];
  expect(addresses[0]?.split(".").slice(0, 3)).toEqual(addresses[1]?.split(".").slice(0, 3));
  for (const path of [old, young]) expect(await gatewayAnswers(path)).toBe("ECONNREFUSED");
  // The next Nagi does not know which range it had.
  await own.engine.removeNetwork(table);
  const { network: next } = await newNetwork().prepare(settings, uids[2]);
  expect(await gatewayAnswers(next)).toBe("ECONNREFUSED");
  await own.engine.removeNetwork(table);
  await removeBuildNetwork(own.engine, instance);
  expect(namespaces()).toEqual([]);
  expect(await runProgram("/usr/sbin/nft", ["list", "ruleset"])).not.toContain(instance);
  expect(await runProgram("/usr/sbin/iptables", ["-S", "FORWARD"])).not.toContain(table);
  expect(await runProgram("/usr/sbin/ip", ["link"])).not.toContain(`nb-${instance}`);
});
