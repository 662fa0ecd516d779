/** The platform half as a process of its own, over HTTPS: nothing above the seam depends on being in one process. */

import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let folder: string;
let half: PlatformHalf;
beforeAll(async () => {
  platform = await TestPlatform.start({ flags: ["--external-platform"], waitPlatforms: false });
  half = await PlatformHalf.start(platform);
  await untilPlatformsReady();
  folder = platform.repository("hello");
});
afterAll(() => platform.stop());

/** `nagi platform`, and what it said. */
class PlatformHalf {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  output = "";

  private constructor(platform: TestPlatform) {
    this.#child = spawn(join(root, "bin/nagi"), ["platform"], { env: platform.env });
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.#ended = new Promise((resolve) => this.#child.on("exit", resolve));
  }

  static async start(platform: TestPlatform): Promise<PlatformHalf> {
    const half = new PlatformHalf(platform);
    await until(() => {
      if (half.#child.exitCode !== null) throw new Error(`nagi platform ended: ${half.output}`);
      return half.output.includes("ready");
    }, "nagi platform to be ready");
    return half;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    process.kill(Number(/pid (\d+)/.exec(this.output)?.[1]), signal);
    return await this.#ended;
  }
}

async function untilPlatformsReady(): Promise<void> {
  // The others are made when an app wants them.
  const names = ["base", "nodejs", "static"];
  const argv = ["get", "platforms", ...names, "-o", "jsonpath={.items[*].status.phase}"];
  await until(
    () => platform.run("kubectl", argv).stdout.trim() === names.map(() => "Ready").join(" "),
    "the platforms to be ready",
    200_000,
  );
}

const server = (text: string): string =>
  `import { createServer } from "node:http";\ncreateServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT);\nprocess.on("SIGTERM", () => process.exit());\n`;

it("builds, releases and routes what is pushed", async () => {
  platform.createApp("hello", [], { cwd: folder });
  const { code, stderr } = platform.push(folder);
  expect(stderr).toContain(`http://hello.localhost:${platform.httpPort}`);
  expect(code).toBe(0);
  expect((await platform.request("hello", "/seen")).status).toBe(200);
});

it("has the logs of builds and of routes, which the API server asks it for", async () => {
  expect(platform.nagi(["builds", "logs", "hello-1"])).toContain("-----> Build");
  await until(() => platform.nagi(["logs", "--app", "hello"]).includes("/seen"), "the access log line");
});

it("runs once, and not beside a Nagi that does its work itself", () => {
  expect(platform.tryNagi(["platform"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("nagi platform runs already") as string,
  });
  const processes = (JSON.parse(platform.nagi(["status", "-o", "json"])) as { processes: { name: string }[] })
    .processes;
  expect(processes.map(({ name }) => name)).toContain("platform");
});

it("may be killed: apps answer, the API goes on, and it takes up its work again", async () => {
  await half.end("SIGKILL");
  expect((await platform.request("hello")).status).toBe(200);
  expect(platform.tryNagi(["builds", "logs", "hello-1"]).stderr).toContain(
    "the platform process does not answer",
  );
  half = await PlatformHalf.start(platform);
  platform.commit(folder, { "server.js": server("second") });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  expect(await platform.request("hello")).toEqual({ status: 200, text: "second" });
});

it("goes on when the rest is killed and started again", async () => {
  await platform.kill();
  expect(await platform.request("hello")).toEqual({ status: 200, text: "second" });
  platform.up();
  platform.commit(folder, { "server.js": server("third") });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  expect(await platform.request("hello")).toEqual({ status: 200, text: "third" });
});

it("ends when it is told to, and with nagi down", async () => {
  expect(await half.end("SIGTERM")).toBe(0);
  expect(await platform.request("hello")).toEqual({ status: 200, text: "third" });
  half = await PlatformHalf.start(platform);
  platform.nagi(["down"]);
  const left = platform.run("sh", ["-c", `ps -eo args | grep -F '${platform.dataDir}' | grep -v grep`]);
  expect(left.stdout).toBe("");
});
