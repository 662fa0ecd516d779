/** What breaks while somebody pushes: the app goes on, nothing is left behind, the next push works. */

import { spawn, type ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let folder: string;
beforeAll(async () => {
  platform = await TestPlatform.start();
  folder = platform.repository("hello");
  platform.createApp("hello", [], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
});
afterAll(() => platform.stop());

const base = { name: "hello", type: "module" };
const quick = JSON.stringify({ ...base, scripts: { start: "node server.js" } });
/** A step of a length that no other process has. */
const step = `sleep 97.${process.pid}`;
const slow = JSON.stringify({ ...base, scripts: { build: step, start: "node server.js" } });

const server = (text: string): string =>
  `import { createServer } from "node:http";\ncreateServer((q, s) => s.end("${text}")).listen(process.env.PORT);\nprocess.on("SIGTERM", () => process.exit());\n`;

/** A push that goes on, in a process group of its own. */
class Push {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = "";

  constructor(cwd: string) {
    this.child = spawn("git", ["push", "nagi", "HEAD:main"], { cwd, env: platform.env, detached: true });
    this.child.stderr?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.on("exit", resolve));
  }
}

function steps(): string {
  return platform.run("pgrep", ["-f", `^${step.replace(".", "\\.")}$`]).stdout;
}

/** Working containers of the last build in Podman's storage. */
function leftovers(): string {
  const path = "{.items[*].metadata.uid}";
  const uids = platform.kubectl(["get", "builds", "-o", `jsonpath=${path}`]).split(" ");
  const patterns = uids.flatMap((uid) => ["-e", `nagi-build[-:]${uid}`]);
  const folder = platform.ok("podman", [
    "info",
    "--format",
    "{{.Store.GraphRoot}}/{{.Store.GraphDriverName}}",
  ]);
  return platform.run("sh", [
    "-c",
    `grep -l ${patterns.join(" ")} ${folder.trim()}-containers/*/userdata/buildah.json`,
  ]).stdout;
}

function lastBuild(): { readonly name: string; readonly phase: string } {
  const columns = "custom-columns=N:.metadata.name,P:.status.phase";
  const text = platform.kubectl(["get", "builds", "--no-headers", "-o", columns]);
  const rows = text
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/));
  const numbered = rows.map(([name = "", phase = ""]) => ({
    name,
    phase,
    at: Number(name.split("-").at(-1)),
  }));
  return numbered.toSorted((a, b) => b.at - a.at)[0] ?? { name: "", phase: "" };
}

function remoteHead(): string {
  return platform.ok("git", ["ls-remote", "nagi", "refs/heads/main"], { cwd: folder }).split("\t")[0] ?? "";
}

async function startSlowPush(): Promise<Push> {
  platform.commit(folder, { "package.json": slow });
  const push = new Push(folder);
  await until(() => steps() !== "", "the build's step to run");
  return push;
}

async function pushesAgain(text: string): Promise<void> {
  platform.commit(folder, { "package.json": quick, "server.js": server(text) });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  expect((await platform.request("hello")).text).toBe(text);
}

it("ends the build when who pushes is gone", async () => {
  const before = remoteHead();
  const push = await startSlowPush();
  process.kill(-(push.child.pid ?? 0), "SIGKILL");
  await until(() => lastBuild().phase === "Cancelled", "the build to be cancelled");
  await until(() => steps() === "", "the build's step to end");
  expect(remoteHead()).toBe(before);
  expect((await platform.request("hello")).status).toBe(200);
  await pushesAgain("after a broken push");
});

it("cancels a build that is told to stop, and rejects its push", async () => {
  const push = await startSlowPush();
  platform.nagi(["builds", "cancel", lastBuild().name]);
  expect(await push.ended).not.toBe(0);
  expect(push.output).toMatch(/cancelled/i);
  await until(() => steps() === "", "the build's step to end");
  expect((await platform.request("hello")).text).toBe("after a broken push");
});

it("is killed in the middle of a build: the push fails, the app goes on, the next push works", async () => {
  const before = remoteHead();
  const push = await startSlowPush();
  await platform.kill();
  expect(await push.ended).not.toBe(0);
  expect(push.output).toMatch(/The platform stopped|hung up|disconnect/);
  expect((await platform.request("hello")).text).toBe("after a broken push");
  platform.up();
  await until(() => lastBuild().phase === "Error", "the interrupted build to be settled");
  await until(() => steps() === "", "the build's step to end");
  expect(leftovers()).toBe("");
  expect(remoteHead()).toBe(before);
  expect(platform.nagi(["builds", "logs", lastBuild().name])).toContain("Push again");
  await pushesAgain("after a kill");
});

it("takes one of two pushes at once, and tells the other", async () => {
  const other = platform.repository({});
  platform.ok("git", ["fetch", "-q", folder, "main"], { cwd: other });
  platform.ok("git", ["reset", "-q", "--hard", "FETCH_HEAD"], { cwd: other });
  const url = platform.ok("git", ["remote", "get-url", "nagi"], { cwd: folder }).trim();
  platform.ok("git", ["remote", "add", "nagi", url], { cwd: other });
  const [key = "", helper = ""] = platform
    .ok("git", ["config", "--local", "--get-regexp", "--null", "^credential"], { cwd: folder })
    .slice(0, -1)
    .split("\n");
  platform.ok("git", ["config", key, helper], { cwd: other });
  platform.commit(folder, { "server.js": server("one") });
  platform.commit(other, { "server.js": server("two") });
  const pushes = [new Push(folder), new Push(other)];
  const codes = await Promise.all(pushes.map(({ ended }) => ended));
  expect(codes.filter((code) => code === 0)).toHaveLength(1);
  const winner = codes.indexOf(0);
  expect(pushes[1 - winner]?.output).toMatch(/another push has moved main|fetch first|non-fast-forward/);
  expect((await platform.request("hello")).text).toBe(winner === 0 ? "one" : "two");
});

it("builds pushes of two apps one after the other, and releases both", async () => {
  const folders = ["left", "right"].map((name) => {
    const made = platform.repository({ "package.json": quick, "server.js": server(name) });
    platform.createApp(name, [], { cwd: made });
    return made;
  });
  const codes = await Promise.all(folders.map((each) => new Push(each).ended));
  expect(codes).toEqual([0, 0]);
  expect((await platform.request("left")).text).toBe("left");
  expect((await platform.request("right")).text).toBe("right");
});
