import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runHttpBackend } from "./http-backend.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-http-backend-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it("ends when the client goes in the middle of an answer", async () => {
  const program = join(dir, "endless");
  const head = String.raw`printf 'Content-Type: text/plain\r\n\r\n'`;
  await writeFile(program, `#!/bin/sh\n${head}\nexec cat /dev/zero\n`, { mode: 0o755 });
  const ended = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const environment = { PATH: "/usr/local/bin:/usr/bin:/bin" };
    const asked = { request, response, pathInfo: "/", query: "", user: "ann", environment, root: dir };
    runHttpBackend({ ...asked, program }, () => undefined, gone.signal).then(ended.resolve, ended.reject);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sent = get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  await once(response, "data");
  response.destroy();
  await expect(ended.promise).resolves.toBeUndefined();
  server.close();
});
