/** Deploys and scaling under load: counted, and nothing lost. */

import { get, request } from "node:http";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Load, type LoadResult } from "../harness/load.ts";
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

/** Slow to start; `/download` takes six seconds, `/events` goes on until it is told to end, as do web sockets, which echo. */
const longServer = `import { createServer } from "node:http";
const parts = 60, part = "x".repeat(100_000);
const events = new Set(), sockets = new Set();
const server = createServer((request, response) => {
  if (request.url === "/download") {
    response.setHeader("content-length", parts * part.length);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(part);
      if (++sent === parts) { clearInterval(timer); response.end(); }
    }, 100);
  } else if (request.url === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const timer = setInterval(() => response.write("data: tick\\n\\n"), 200);
    events.add(() => { clearInterval(timer); response.end("data: bye\\n\\n"); });
  } else response.end("long");
});
server.on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n");
  socket.on("data", (data) => socket.write(data));
  sockets.add(socket);
});
setTimeout(() => server.listen(process.env.PORT), 3000);
process.on("SIGTERM", () => {
  for (const end of events) end();
  for (const socket of sockets) socket.end("bye");
  server.close(() => process.exit(0));
});
`;

interface Stream {
  readonly text: string;
  /** Whether it ended as it should, and was not cut off. */
  readonly isWhole: boolean;
}

const target = (path: string) => ({
  host: "127.0.0.1",
  port: platform.httpPort,
  path,
  agent: false as const,
  headers: { host: `hello.localhost:${platform.httpPort}` },
});

function stream(path: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    get(target(path), (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", () => undefined);
      response.on("close", () => resolve({ text, isWhole: response.complete }));
    }).on("error", reject);
  });
}

/** Sends a number every 50 ms until the other side ends; what came back. */
function echo(): Promise<{ readonly sent: string; readonly got: string }> {
  const headers = { ...target("/").headers, connection: "Upgrade", upgrade: "echo" };
  return new Promise((resolve, reject) => {
    const asked = request({ ...target("/echo"), headers });
    asked.on("error", reject).on("upgrade", (_response, socket: Socket) => {
      let [sent, got, next] = ["", "", 0];
      const timer = setInterval(() => {
        const text = `${next++},`;
        sent += text;
        socket.write(text);
      }, 50);
      socket.on("data", (data: Buffer) => {
        got += data.toString();
        if (got.endsWith("bye")) clearInterval(timer);
      });
      socket.on("error", reject);
      socket.on("end", () => clearInterval(timer));
      socket.on("close", () => resolve({ sent, got }));
    });
    asked.end();
  });
}

it("lets what is under way end where it began: a slow starter, a download, events, web sockets", async () => {
  platform.commit(folder, { "server.js": longServer });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  let open: readonly [Stream, Stream, { sent: string; got: string }] | undefined;
  const result = await underLoad(true, async () => {
    const streams = Promise.all([stream("/download"), stream("/events"), echo()] as const);
    await pause(500);
    await background(nagi, ["config", "set", "--app", "hello", "TURN=1"]);
    open = await streams;
  });
  expect(result.failures).toEqual([]);
  const [download, events, socket] = open ?? [];
  expect(download).toMatchObject({ isWhole: true });
  expect(download?.text.length).toBe(6_000_000);
  expect(events?.isWhole).toBe(true);
  expect(events?.text).toMatch(/^(data: tick\n\n){3,}data: bye\n\n$/);
  // All that was sent before the app said that it ends came back, in order.
  const echoed = socket?.got.replace(/bye$/, "") ?? "";
  expect(socket?.got).toMatch(/^(\d+,){10,}bye$/);
  expect(socket?.sent.startsWith(echoed)).toBe(true);
  console.log(
    `under way during a deploy: ${result.requests} requests beside, ${echoed.split(",").length} messages`,
  );
});
