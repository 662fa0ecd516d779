/** What breaks while the platform works: nothing acknowledged is lost, nothing is left behind. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { instanceOf } from "../../src/main/config.ts";
import { Load } from "../harness/load.ts";
import { pause, root, TestPlatform, until } from "../harness/platform.ts";

const plainServer = `import { createServer } from "node:http";
createServer((_request, response) => response.end("plain")).listen(process.env.PORT);
process.on("SIGTERM", () => process.exit());
`;

let platform: TestPlatform;
let folder: string;
/** Of the start that must last. */
let nagiPid: number;
beforeAll(async () => {
  platform = await TestPlatform.start();
  folder = platform.repository("hello");
  platform.nagi(["create", "hello"], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});
afterAll(() => platform.stop());

async function answers(app: string): Promise<boolean> {
  try {
    return (await platform.request(app)).status === 200;
  } catch {
    // Nobody listens.
    return false;
  }
}

function started(): string {
  const path = "{.items[*].status.containerStatuses[0].state.running.startedAt}";
  return platform.kubectl(["get", "pods", "-l", "nagi.dev/app=hello", "-o", `jsonpath=${path}`]);
}

it("goes on serving when Nagi is killed, and a restart adopts what runs", async () => {
  const before = started();
  await platform.kill();
  expect((await platform.request("hello")).status).toBe(200);
  platform.up();
  expect((await platform.request("hello")).status).toBe(200);
  expect(started()).toBe(before);
  expect(
    platform.kubectl(["get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[0].restartCount}"]),
  ).toBe("0");
});

it("keeps every acknowledged write when it is killed in the middle of them", async () => {
  const acknowledged: string[] = [];
  let sent = 0;
  const write = async (): Promise<void> => {
    for (;;) {
      const name = `written-${sent++}`;
      const ok = await new Promise<boolean>((resolve) => {
        const child = spawn("kubectl", ["create", "configmap", name, "--from-literal=a=b"], {
          env: platform.env,
        });
        child.on("exit", (code) => resolve(code === 0));
      });
      if (!ok) return;
      acknowledged.push(name);
    }
  };
  const writers = [write(), write(), write()];
  await until(() => acknowledged.length > 10, "some writes");
  await platform.kill();
  await Promise.all(writers);
  platform.up();
  nagiPid = platform.pid;
  const present = platform.kubectl(["get", "configmaps", "-o", "name"]);
  for (const name of acknowledged) expect(present).toContain(`configmap/${name}\n`);
});

it("finishes a deploy in whose middle it is killed, and loses no request", async () => {
  // Slow to listen, so that the old release and the new one overlap.
  const server = `import { createServer } from "node:http";
const server = createServer((_request, response) => response.end("slow"));
setTimeout(() => server.listen(process.env.PORT), 4000);
process.on("SIGTERM", () => server.close());
`;
  platform.commit(folder, { "server.js": server });
  const load = new Load({
    port: platform.httpPort,
    host: "hello.localhost",
    clients: 4,
    keepAlive: false,
    restMs: 5,
  });
  const push = spawn("git", ["push", "nagi", "main"], { cwd: folder, env: platform.env });
  let output = "";
  push.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.includes("Release v2"), "the release to begin");
  await pause(1000);
  await platform.kill();
  platform.up();
  nagiPid = platform.pid;
  await until(() => platform.nagi(["releases", "--app", "hello"]).includes("Live"), "a live release");
  await until(async () => (await platform.request("hello")).text === "slow", "the new release to answer");
  const { failures, bodies } = await load.stop();
  expect(failures).toEqual([]);
  expect(bodies.size).toBe(2);
  const list = JSON.parse(platform.nagi(["releases", "--app", "hello", "-o", "json"])) as ReleaseList;
  expect(list.items.map(({ status }) => status?.phase)).toEqual(["Superseded", "Live"]);
});

interface ReleaseList {
  readonly items: readonly { readonly status?: { readonly phase?: string } }[];
}

it.each(["haproxy", "podman", "registry", "dnsmasq"])("brings %s back when it is killed", async (name) => {
  const before = pidsOf(name);
  expect(before).not.toEqual([]);
  // In one go: the worker goes with its master.
  platform.run("kill", ["-KILL", ...before.map(String)]);
  await until(() => pidsOf(name).some((pid) => !before.includes(pid)), `${name} to be back`);
  await until(() => answers("hello"), "the app to answer");
  expect(platform.pid).toBe(nagiPid);
  const count = "{.items[*].status.containerStatuses[0].restartCount}";
  // The pod of the release before may still be going.
  expect(platform.kubectl(["get", "pods", "-o", `jsonpath=${count}`])).toMatch(/^0( 0)*$/);
});

function pidsOf(wanted: string): number[] {
  const { processes } = JSON.parse(platform.nagi(["status", "-o", "json"])) as {
    readonly processes: readonly { readonly name: string; readonly pid: number }[];
  };
  return processes.filter(({ name }) => name === wanted).map(({ pid }) => pid);
}

it("deploys after all of that", () => {
  platform.commit(folder, { "server.js": plainServer });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});

it("restarts a container that is killed", async () => {
  const running = () =>
    platform
      .run("podman", ["ps", "--quiet", "--filter", `label=nagi.dev/instance=${instance()}`])
      .stdout.trim()
      .split("\n");
  const [id = ""] = running();
  platform.ok("podman", ["kill", id]);
  await until(() => running().some((other) => other !== "" && other !== id), "a new container");
  await until(async () => (await platform.request("hello")).status === 200, "the app to answer");
});

it("starts after it was killed while it started", async () => {
  platform.nagi(["down", "--keep-apps"]);
  for (const delayMs of [300, 700, 1100]) {
    const flags = ["up", "--no-detach", "--data-dir", platform.dataDir];
    const child = spawn(join(root, "bin/nagi"), flags, { env: platform.env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    await pause(delayMs);
    child.kill("SIGKILL");
    await ended;
  }
  platform.up();
  expect((await platform.request("hello")).status).toBe(200);
});

it("is stopped while it starts, and started once only", async () => {
  platform.nagi(["down", "--keep-apps"]);
  const flags = ["up", "--no-detach", "--data-dir", platform.dataDir];
  const child = spawn(join(root, "bin/nagi"), flags, { env: platform.env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await until(() => existsSync(join(platform.dataDir, "run/starting.json")), "the start to begin");
  const second = platform.tryNagi(["up", "--detach"]);
  expect(second.code === 0 ? second.stdout : second.stderr).toMatch(/being started already|runs already/);
  platform.nagi(["down", "--keep-apps"]);
  expect(await ended).toBe(0);
  platform.up();
  expect(await answers("hello")).toBe(true);
});

it("brings all back after everything was killed, as when the power fails", async () => {
  const everything = JSON.parse(platform.nagi(["status", "-o", "json"])) as {
    readonly processes: readonly { readonly pid: number }[];
  };
  platform.run("kill", ["-KILL", ...everything.processes.map(({ pid }) => String(pid))]);
  shell(`podman kill $(podman ps --quiet --filter label=nagi.dev/instance=${instance()})`);
  platform.up();
  await until(() => answers("hello"), "the app to answer");
  platform.commit(folder, {});
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});

it("leaves nothing running after down, and brings all back with up", async () => {
  const mine = instance();
  platform.nagi(["down"]);
  expect(shell(`ps -eo args | grep -F '${platform.dataDir}' | grep -v grep`)).toBe("");
  expect(shell(`for p in /proc/[0-9]*; do readlink $p/cwd; done | grep -F '${platform.dataDir}'`)).toBe("");
  expect(shell(`podman ps --all --quiet --filter label=nagi.dev/instance=${mine}`)).toBe("");
  expect(shell(`podman network ls --quiet --filter name=nagi-${mine}`)).toBe("");
  expect(shell(`nft list tables | grep ${mine}`)).toBe("");
  expect(shell(`grep -F '${platform.dataDir}' /proc/mounts`)).toBe("");
  await expect(platform.request("hello")).rejects.toThrow();
  platform.up();
  await until(() => answers("hello"), "the app to answer again");
});

function instance(): string {
  return instanceOf(platform.dataDir);
}

function shell(script: string): string {
  return platform.run("sh", ["-c", script]).stdout;
}
