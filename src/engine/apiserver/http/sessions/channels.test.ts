import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { openChannels } from "../../../../client/channels.ts";
import type { PodSession } from "../../../../client/pod-sessions.ts";
import { StatusError } from "../../../../model/status.ts";
import { serveChannels } from "./channels.ts";

const protocol = "v5.channel.k8s.io";

test("a session that cannot begin ends at once with the reason", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const refusal = new StatusError("ServiceUnavailable", "cannot reach the container engine");
  const served = once(server, "connection").then(([webSocket]) =>
    serveChannels(webSocket as Parameters<typeof serveChannels>[0], () => Promise.reject(refusal)),
  );
  const { port } = server.address() as AddressInfo;
  const connection = { server: `http://127.0.0.1:${port}` };
  const { messages } = await openChannels(connection as Parameters<typeof openChannels>[0], {
    path: "/",
    protocol,
  });
  const said: string[] = [];
  // Ends when the connection does; a server that does not hear the client's end waits for it for 30 s.
  for await (const { data } of messages) said.push(data.toString());
  await served;
  expect(said.join("")).toContain("cannot reach the container engine");
  server.close();
}, 5000);

test("a command that ends while there is more input ends its session at once, with its exit code", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const input = new PassThrough();
  const ending = Promise.withResolvers<void>();
  const session: PodSession = {
    input,
    output: (async function* () {
      await ending.promise;
      yield { stream: "stderr" as const, data: Buffer.from("full") };
    })(),
    resize: () => Promise.resolve(),
    exitCode: () => Promise.resolve(3),
    close: () => void input.destroy(),
  };
  const served = once(server, "connection").then(([webSocket]) =>
    serveChannels(webSocket as Parameters<typeof serveChannels>[0], () => Promise.resolve(session)),
  );
  const { port } = server.address() as AddressInfo;
  const connection = { server: `http://127.0.0.1:${port}` };
  const client = await openChannels(connection as Parameters<typeof openChannels>[0], {
    path: "/",
    protocol,
  });
  const over = new AbortController();
  const sending = (async () => {
    while (!over.signal.aborted) await client.send(0, Buffer.alloc(64 * 1024));
  })().catch(() => undefined);
  input.on("error", () => undefined).destroy();
  ending.resolve();
  const said: string[] = [];
  for await (const { data } of client.messages) said.push(data.toString());
  over.abort();
  await Promise.all([served, sending]);
  expect(said.join("")).toContain("exit status 3");
  server.close();
}, 5000);
