/** What breaks while the platform works: nothing acknowledged is lost, nothing is left behind. */

import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { instanceOf } from "../../src/main/config.ts";
import { ownSocketPath } from "../../src/lib/container-engine/engine-host.ts";
import { runGuideExample } from "../harness/guide.ts";
import { Load } from "../harness/load.ts";
import { RowLoad } from "../harness/rows.ts";
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
  platform.createApp("hello", [], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  platform.createApp("guest", ["--no-remote"]);
  platform.nagi(["addons", "create", "guest", "postgresql"]);
  platform.nagi(["deploy", "--app", "guest", "--dir", join(root, "examples/guestbook")]);
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
  ).toMatch(/^0( 0)*$/);
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
  const phases = (): string => {
    const { items } = JSON.parse(platform.nagi(["releases", "--app", "hello", "-o", "json"])) as ReleaseList;
    return items.map(({ status }) => status?.phase).join();
  };
  // It answers a moment before it is written down as live.
  await until(() => phases() === "Superseded,Live", "the new release to be live");
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
  const { processes } = JSON.parse(platform.nagi(["status", "-o", "json"])) as ProcessList;
  return processes.filter(({ name }) => name === wanted).map(({ pid }) => pid);
}

it("deploys after all of that", () => {
  platform.commit(folder, { "server.js": plainServer });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});

/** What a fault does, with the app and its database under load; `after` is what a user does then. */
const faults: Record<
  string,
  { readonly strike: () => Promise<unknown>; readonly after?: () => Promise<void> }
> = {
  "a container of the app is killed": { strike: async () => killContainers("guest-web") },
  "the database's container is killed": { strike: async () => killContainers("addon-guest-postgresql-0") },
  "the engine is killed": {
    strike: async () => killProcesses("podman"),
    after: () => until(isDatabaseAsked, "the engine to be back"),
  },
  "the router is killed": { strike: async () => killProcesses("haproxy") },
  "the platform is killed": { strike: () => platform.kill(), after: () => platform.upBesideLoad() },
};

it.each(Object.keys(faults))("loses no acknowledged row when %s", async (name) => {
  const rows = new RowLoad({ platform, app: "guest" });
  await rows.grown(30, "before the fault");
  rows.mark();
  await faults[name]?.strike();
  await rows.grown(30, `after ${name}`);
  await faults[name]?.after?.();
  await rows.grown(30, "when all is well again");
  expect(await rows.lost(name, guestLines)).toEqual([]);
});

const guestLines = (): string =>
  platform.nagi(["pg", "psql", "--app", "guest", "--", "-Atc", "SELECT line FROM lines"]);

async function isDatabaseAsked(): Promise<boolean> {
  const question = ["pg", "psql", "--app", "guest", "--", "-Atc", "SELECT 1"];
  return (await platform.tryNagiBesideLoad(question)).code === 0;
}

function killContainers(name: string): void {
  const mine = ["--filter", `label=nagi.dev/instance=${instance()}`, "--filter", `name=${name}`];
  const ids = platform
    .ok("podman", ["ps", "--quiet", ...mine])
    .split("\n")
    .filter(Boolean);
  platform.ok("podman", ["kill", "--signal", "KILL", ...ids]);
}

function killProcesses(name: string): void {
  platform.ok("kill", ["-KILL", ...pidsOf(name).map(String)]);
}

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

it("brings all back in order after a reboot, with every acknowledged row", async () => {
  const running = (): string[] =>
    platform
      .run("podman", ["ps", "--quiet", "--filter", `label=nagi.dev/instance=${instance()}`])
      .stdout.split("\n")
      .filter(Boolean);
  const { length: containers } = running();
  const { processes } = JSON.parse(platform.nagi(["status", "-o", "json"])) as ProcessList;
  const rows = new RowLoad({ platform, app: "guest" });
  await rows.grown(30, "before the power fails");
  rows.mark();
  platform.run("kill", ["-KILL", ...processes.map(({ pid }) => String(pid))]);
  // Some have ended with others by then.
  platform.run("podman", ["kill", "--signal", "KILL", ...running()]);
  expect(running()).toEqual([]);
  forgetMemory();
  const answers = new Set<string>();
  const asking = new AbortController();
  const asked = collectAnswers(answers, asking.signal);
  await platform.upBesideLoad();
  await rows.grown(30, "after the reboot");
  asking.abort();
  await asked;
  await until(() => running().length === containers, `all ${containers} containers`);
  expect(await rows.lost("reboot", guestLines)).toEqual([]);
  expect(platform.kubectl(["get", "pods", "-A"])).not.toMatch(/CrashLoopBackOff|Error/);
  expect([...answers].filter((answer) => !/^(nobody listens|503: app guest|200)/.test(answer))).toEqual([]);
  platform.commit(folder, {});
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});

interface ProcessList {
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

/** What a machine has in memory only, and not after a reboot: rules and links of its network, and /run. */
function forgetMemory(): void {
  const mine = instance();
  shell(`nft list tables | grep ${mine} | while read -r line; do nft delete $line; done`);
  const bridge = `podman network inspect nagi-${mine} --format '{{.NetworkInterface}}'`;
  shell(`ip link delete "$(${bridge})"`);
  rmSync(`/run/nagi-${mine}`, { recursive: true, force: true });
  rmSync(ownSocketPath(join(platform.dataDir, "engine")), { force: true });
}

async function collectAnswers(answers: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answer = await platform.request("guest").then(
      ({ status, text }) => (status === 200 ? "200" : (text.split("\n")[0] ?? "")),
      () => "nobody listens",
    );
    answers.add(answer);
    await pause(50);
  }
}

it("runs the guide's example, and removes what ended when nobody keeps it any more", async () => {
  const example = runGuideExample(platform, "machine.md");
  expect(example.stdout).toMatch(/keepBuilds +10 /);
  expect(example.stdout).toMatch(/keepEndedPodsSeconds +172800 /);
  expect(example).toMatchObject({ code: 0 });
  const image = platform.kubectl(["get", "pods", "-o", "jsonpath={.items[0].spec.containers[0].image}"]);
  platform.kubectl(["run", "one-off", "--image", image, "--restart=Never", "--command", "--", "true"]);
  platform.kubectl(["wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/one-off", "--timeout=120s"]);
  platform.nagi(["prune", "policy", "keepEndedPodsSeconds=0"]);
  expect(platform.nagi(["prune", "--dry-run"])).toMatch(
    /pod +one-off .*it ended\n[^]*Would remove 1 object\./,
  );
  expect(platform.nagi(["prune"])).toContain("Removed 1 object.");
  await until(
    () => !platform.kubectl(["get", "pods", "-o", "name"]).includes("one-off"),
    "the pod to be gone",
  );
  expect((await platform.request("guest")).status).toBe(200);
  const wrong = platform.tryNagi(["prune", "policy", "keepBuilds=many"]);
  expect(wrong.stderr).toContain('keepBuilds is "many": must be a whole number');
});

it("leaves nothing running after down, and brings all back with up", async () => {
  const mine = instance();
  platform.nagi(["down"]);
  expect(shell(`ps -eo args | grep -F '${platform.dataDir}' | grep -v grep`)).toBe("");
  expect(shell(`for p in /proc/[0-9]*; do readlink $p/cwd; done | grep -F '${platform.dataDir}'`)).toBe("");
  expect(shell(`podman ps --all --quiet --filter label=nagi.dev/instance=${mine}`)).toBe("");
  expect(shell(`podman network ls --quiet --filter name=nagi-${mine}`)).toBe("");
  expect(shell(`nft list tables | grep ${mine}; ip netns list | grep ${mine}`)).toBe("");
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
