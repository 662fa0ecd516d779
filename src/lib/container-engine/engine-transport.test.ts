import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineTransport } from "./engine-transport.ts";

let dir: string;
let server: Server;
let answer: { readonly status: number; readonly body: string };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-transport-"));
  server = createServer((_request, response) => {
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(answer.body);
  });
  await once(server.listen(join(dir, "socket")), "listening");
});

afterEach(async () => {
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
