import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineTransport } from "./engine-transport.ts";

let dir: string;
let server: Server;
let answer: { readonly status: number; readonly body: string; readonly next?: "hang" | "break" };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-transport-"));
  server = createServer((_request, response) => {
    response.writeHead(answer.status, { "Content-Type": "application/json" });
    if (answer.next === undefined) response.end(answer.body);
    else response.write(answer.body, () => answer.next === "break" && response.destroy());
  });
  await once(server.listen(join(dir, "socket")), "listening");
});

afterEach(async () => {
  server.closeAllConnections();
  await once(server.close(), "close");
  rmSync(dir, { recursive: true });
});

test.each([
  { body: '{"message":"no such image"}', says: "no such image" },
  // As Podman refuses a malformed query.
  { body: "", says: "the container engine answered 400 to POST /build without saying why" },
])("a refusal with the body '$body' says: $says", async ({ body, says }) => {
  answer = { status: 400, body };
  const transport = new EngineTransport(join(dir, "socket"));
  const failing = transport.json({ method: "POST", path: "/build" });
  await expect(failing).rejects.toMatchObject({ name: "EngineError", status: 400, message: says });
});

test("an answer that is no JSON is none", async () => {
  answer = { status: 200, body: "OK" };
  expect(
    await new EngineTransport(join(dir, "socket")).json({ method: "GET", path: "/_ping" }),
  ).toBeUndefined();
});

test.each([200, 500])("an answer with status %i that breaks off is an error", async (status) => {
  answer = { status, body: '{"Id":', next: "break" };
  const failing = new EngineTransport(join(dir, "socket")).json({ method: "GET", path: "/info" });
  await expect(failing).rejects.toMatchObject({ name: "EngineError", status: 0 });
});

test("an answer that does not end is waited for as long as told", async () => {
  answer = { status: 200, body: '{"Id":', next: "hang" };
  const transport = new EngineTransport(join(dir, "socket"));
  const late = transport.json({ method: "GET", path: "/info", timeoutMs: 100 });
  await expect(late).rejects.toMatchObject({
    name: "EngineError",
    message: "the container engine did not answer GET /info within 100 ms",
  });
  const aborter = new AbortController();
  const given = transport.json({ method: "GET", path: "/info", signal: aborter.signal });
  setTimeout(() => aborter.abort(), 100);
  await expect(given).rejects.toMatchObject({ name: "EngineError", status: 0 });
});
