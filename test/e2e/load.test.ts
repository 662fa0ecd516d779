/** Deploys and scaling under load: counted, and nothing lost. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { Load, type LoadResult } from "../harness/load.ts";
import { cutOff, longRequests, longServer, type LongOutcome } from "../harness/long-requests.ts";
import { pause, TestPlatform } from "../harness/platform.ts";

let platform: TestPlatform;
let folder: string;
beforeAll(async () => {
  platform = await TestPlatform.start();
  folder = platform.repository("hello");
  platform.createApp("hello", [], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  platform.nagi(["scale", "web=2"], { cwd: folder });
});
afterAll(() => platform.stop());

const server = (text: string): string =>
  `import { createServer } from "node:http";
const server = createServer((q, s) => s.end(${JSON.stringify(text)}));
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

/** The commands run in this process' child; the load goes on in this one, so they must not block it. */
async function underLoad(keepAlive: boolean, task: () => Promise<void>): Promise<LoadResult> {
  const host = `hello.localhost:${platform.httpPort}`;
  const load = new Load({ port: platform.httpPort, host, clients: 8, keepAlive, restMs: 2 });
  await pause(500);
  await task();
  await pause(1000);
  return await load.stop();
}

async function background(program: string, argv: readonly string[]): Promise<void> {
  const { execFile } = await import("node:child_process");
  await new Promise<void>((resolve, reject) => {
    execFile(program, argv, { cwd: folder, env: platform.env }, (error, stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`${argv.join(" ")}: ${stdout}${stderr}`)),
    );
  });
}

const nagi = new URL("../../bin/nagi", import.meta.url).pathname;

it.each([true, false])("deploys without losing a request (keep-alive %s)", async (keepAlive) => {
  const text = `deployed under load ${keepAlive}`;
  platform.commit(folder, { "server.js": server(text) });
  const result = await underLoad(keepAlive, () => background("git", ["push", "nagi", "main"]));
  console.log(
    `deploy, keep-alive ${keepAlive}: ${result.requests} requests, ${result.failures.length} failed`,
  );
  expect(result.failures).toEqual([]);
  expect(result.requests).toBeGreaterThan(200);
  expect(result.bodies.get(text)).toBeGreaterThan(0);
});

it.each([true, false])("scales up and down without losing a request (keep-alive %s)", async (keepAlive) => {
  const result = await underLoad(keepAlive, async () => {
    await background(nagi, ["scale", "web=6"]);
    await pause(1000);
    await background(nagi, ["scale", "web=1"]);
    await pause(2000);
  });
  console.log(
    `scale, keep-alive ${keepAlive}: ${result.requests} requests, ${result.failures.length} failed`,
  );
  expect(result.failures).toEqual([]);
  expect(result.requests).toBeGreaterThan(200);
});

it("lets what is under way end where it began: a slow starter, a download, events, web sockets", async () => {
  platform.commit(folder, { "server.js": longServer(3000) });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  let outcome: LongOutcome | undefined;
  const result = await underLoad(true, async () => {
    const long = longRequests({ port: platform.httpPort, host: "hello.localhost" });
    await long.open;
    await background(nagi, ["config", "set", "--app", "hello", "TURN=1"]);
    outcome = await long.ended;
  });
  expect(result.failures).toEqual([]);
  expect(outcome && cutOff(outcome)).toEqual([]);
  console.log(
    `under way during a deploy: ${result.requests} requests beside, ${outcome?.socket.got.split(",").length} messages`,
  );
});
