/** The pods' network when somebody has removed it in the engine, for which nothing is on it: `podman network prune`. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { EngineHost } from "../../lib/container-engine/engine-host.ts";
import { silentLogger } from "../../lib/log.ts";
import { runProgram } from "../../lib/system-programs.ts";
import { openPodNetwork, removePodNetwork, type PodNetwork } from "./network.ts";

const instance = `pruned-${process.pid}`;
const uids = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`);
let dir: string;
let host: EngineHost;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-pruned-"));
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: dir };
  host = new EngineHost({ dir, env, clock: systemClock, log: silentLogger });
  await host.start();
});
afterAll(async () => {
  await removePodNetwork(host.engine, instance);
  await host.stop();
  rmSync(dir, { recursive: true });
});

const open = (): Promise<PodNetwork> => openPodNetwork(host.engine, { instance, log: silentLogger });
const remove = (): Promise<void> => host.engine.removeNetwork(`nagi-${instance}`);

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
    expect(next.reserve(uids[0] ?? "", first.addressOf(uids[0] ?? "") ?? "")).toBe(true);
    const young = await next.attach(uids[1] ?? "");
    expect(await ask(old, url)).toBe(next.addressOf(uids[0] ?? ""));
    expect(await ask(young, url)).toBe(next.addressOf(uids[1] ?? ""));
    await remove();
    await next.repair();
    expect((await open()).info).toEqual(info);
    expect(await ask(young, url)).toBe(next.addressOf(uids[1] ?? ""));
  } finally {
    server.close();
  }
});

test("nothing of it is left when Nagi ends, though the engine does not know it any more", async () => {
  const { info, ...network } = await open();
  expect(network).toBeDefined();
  await remove();
  await removePodNetwork(host.engine, instance);
  expect(await runProgram("/usr/sbin/ip", ["-4", "-brief", "address"])).not.toContain(` ${info.gateway}/`);
  expect(await runProgram("/usr/sbin/ip", ["netns", "list"])).not.toContain(instance);
  expect(await runProgram("/usr/sbin/iptables", ["-S", "FORWARD"])).not.toContain(instance);
});
