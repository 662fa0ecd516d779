/** What breaks while the platform works: nothing acknowledged is lost, nothing is left behind. */

import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pause, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let folder: string;
beforeAll(async () => {
  platform = await TestPlatform.start();
  folder = platform.repository("hello");
  platform.nagi(["create", "hello"], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});
afterAll(() => platform.stop());

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
  const present = platform.kubectl(["get", "configmaps", "-o", "name"]);
  for (const name of acknowledged) expect(present).toContain(`configmap/${name}\n`);
});

it("is killed in the middle of a build: the push fails, the app goes on, the next push works", async () => {
  const manifest = { name: "hello", scripts: { build: "sleep 5", start: "node server.js" } };
  platform.commit(folder, { "package.json": JSON.stringify(manifest) });
  const push = spawn("git", ["push", "nagi", "main"], { cwd: folder, env: platform.env });
  let output = "";
  push.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => push.on("exit", resolve));
  await until(
    () => platform.kubectl(["get", "builds", "-o", "name"]).split("\n").length > 2,
    "the build to begin",
  );
  await pause(1500);
  await platform.kill();
  expect(await ended).not.toBe(0);
  expect(output).not.toBe("");
  expect((await platform.request("hello")).status).toBe(200);
  platform.up();
  await until(
    () => !/ (New|Pending|Running) /.test(platform.nagi(["builds", "--app", "hello"])),
    "the interrupted build to be settled",
  );
  platform.commit(folder, {
    "package.json": JSON.stringify({ ...manifest, scripts: { start: "node server.js" } }),
  });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  expect((await platform.request("hello")).status).toBe(200);
});

it("brings the router back when it is killed", async () => {
  const status = JSON.parse(platform.nagi(["status", "-o", "json"])) as {
    processes: { name: string; pid: number }[];
  };
  for (const { name, pid } of status.processes) if (name === "haproxy") process.kill(pid, "SIGKILL");
  await until(async () => {
    try {
      return (await platform.request("hello")).status === 200;
    } catch {
      return false;
    }
  }, "the router to be back");
});

it("restarts a container that is killed", async () => {
  const running = () =>
    platform
      .run("podman", ["ps", "--quiet", "--filter", "label=nagi.dev/app=hello"])
      .stdout.trim()
      .split("\n");
  const [id = ""] = running();
  platform.ok("podman", ["kill", id]);
  await until(() => running().some((other) => other !== "" && other !== id), "a new container");
  await until(async () => (await platform.request("hello")).status === 200, "the app to answer");
});

it("leaves nothing running after down, and brings all back with up", async () => {
  platform.nagi(["down"]);
  const left = platform.run("sh", ["-c", `ps -eo args | grep -F '${platform.dataDir}' | grep -v grep`]);
  expect(left.stdout).toBe("");
  await expect(platform.request("hello")).rejects.toThrow();
  platform.up();
  await until(async () => (await platform.request("hello")).status === 200, "the app to answer again");
});
