/** Against a server that behaves as an engine that hangs; with real engines: agent-pods.engine.test.ts. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineSessions } from "./engine-session.ts";

let dir: string;
let server: Server;
let answered: string[];
/** Of these paths nothing is answered. */
let silent: RegExp;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-session-"));
  answered = [];
  server = createServer((request, response) => {
    const path = request.url ?? "";
    if (silent.test(path)) return;
    answered.push(path);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ Id: "e1", State: { Running: false } }));
  });
  await new Promise<void>((resolve) => server.listen(join(dir, "engine.sock"), resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true });
});

test.each([
  ["does not make the session", /c1\/exec/, 0],
  ["does not begin it", /start/, 1],
])("an engine that %s is given up after the time for that", async (_what, path, count) => {
  silent = path;
  const sessions = new EngineSessions(join(dir, "engine.sock"), { beginMs: 100 });
  const streams = { stdin: false, stdout: true, stderr: true, tty: false };
  await expect(sessions.exec("c1", ["true"], streams)).rejects.toThrow(
    /did not answer POST .* within 100 ms/,
  );
  expect(answered).toHaveLength(count);
});

test("a container that has ended is not attached to", async () => {
  silent = /nothing/;
  const sessions = new EngineSessions(join(dir, "engine.sock"));
  const streams = { stdin: true, stdout: true, stderr: true, tty: true, replay: true };
  await expect(sessions.attach("c1", streams)).rejects.toThrow("the container has ended");
  expect(answered.some((path) => path.includes("attach"))).toBe(false);
});

test("what a command says before it ends is read, though there is input that it did not take", async () => {
  silent = /nothing/;
  const begun = Promise.withResolvers<Socket>();
  server.on("upgrade", (_request, socket: Socket) => {
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    begun.resolve(socket);
  });
  const sessions = new EngineSessions(join(dir, "engine.sock"));
  const streams = { stdin: true, stdout: true, stderr: true, tty: false };
  const session = await sessions.exec("c1", ["tar"], streams);
  const socket = await begun.promise;
  // More than the other side has room for.
  while (session.input.write(Buffer.alloc(1024 * 1024)));
  session.input.write(Buffer.alloc(8 * 1024 * 1024));
  const text = "no such directory";
  const header = Buffer.from([2, 0, 0, 0, 0, 0, 0, text.length]);
  socket.write(Buffer.concat([header, Buffer.from(text)]), () => socket.destroy());
  const seen: string[] = [];
  for await (const { stream, data } of session.output) seen.push(`${stream}: ${data.toString()}`);
  expect(seen).toEqual([`stderr: ${text}`]);
});
