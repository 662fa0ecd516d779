/** The pods' network when somebody has removed it in the engine, for which nothing is on it: `podman network prune`. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOwnEngine, type OwnEngine } from "../../lib/container-engine/testing/own-engine.ts";
import { silentLogger } from "../../lib/log.ts";
import { runProgram } from "../../lib/system-programs.ts";
import { openPodNetwork, removePodNetwork, type PodNetwork } from "./network.ts";
import { recordOf } from "./testing/records.ts";

const instance = `pruned-${process.pid}`;
const uids = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`);
let own: OwnEngine;

beforeAll(async () => {
  own = await startOwnEngine();
});
afterAll(async () => {
  await removePodNetwork(own.engine, instance);
  await own[Symbol.asyncDispose]();
});

const open = (): Promise<PodNetwork> => openPodNetwork(own.engine, { instance, log: silentLogger });
const remove = (): Promise<void> => own.engine.removeNetwork(`nagi-${instance}`);

function ask(path: string | undefined, url: string): Promise<string> {
  const script = `fetch("${url}", { signal: AbortSignal.timeout(5000) }).then((r) => r.text()).then((t) => process.stdout.write(t))`;
  return runProgram("/usr/bin/nsenter", [`--net=${path}`, process.execPath, "-e", script]);
}

test("it is made again as it was, by the next Nagi or by this one, and the pods on it go on", async () => {
  const first = await open();
  const { info } = first;
  const old = await first.attach(uids[0] ?? "");
  const server = createServer((asked, answer) => answer.end(asked.socket.remoteAddress));
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const url = `http://${info.gateway}:${(server.address() as AddressInfo).port}/`;
  try {
    expect(await ask(old, url)).toBe(first.addressOf(uids[0] ?? ""));
    await remove();
    const next = await open();
    expect(next.info).toEqual(info);
    const [podUid = ""] = uids;
    expect(next.adopt([recordOf({ podUid, address: first.addressOf(podUid) ?? "" })])).toEqual([]);
    const young = await next.attach(uids[1] ?? "");
    expect(await ask(old, url)).toBe(next.addressOf(uids[0] ?? ""));
    expect(await ask(young, url)).toBe(next.addressOf(uids[1] ?? ""));
    await remove();
    await next.repair();
    const again = await own.engine.findNetwork(info.name);
    expect(again?.IPAM.Config).toEqual([{ Subnet: info.subnet, Gateway: info.gateway }]);
    expect(await ask(young, url)).toBe(next.addressOf(uids[1] ?? ""));
  } finally {
    server.close();
  }
});

test("nothing of it is left when Nagi ends, though the engine does not know it any more", async () => {
  const network = await open();
  const { info } = network;
  await network.attach(uids[2] ?? "");
  await remove();
  await removePodNetwork(own.engine, instance);
  expect(await runProgram("/usr/sbin/ip", ["-4", "-brief", "address"])).not.toContain(` ${info.gateway}/`);
  expect(await runProgram("/usr/sbin/ip", ["netns", "list"])).not.toContain(instance);
  expect(await runProgram("/usr/sbin/iptables", ["-S", "FORWARD"])).not.toContain(instance);
});
