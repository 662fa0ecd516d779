import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync } from "node:zlib";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { HeaderCodec } from "./spdy-frames.ts";
import { messageBytesMax, WebSocketDoor } from "./websocket.ts";

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
let server: Server;
let accepted: Promise<WebSocket | undefined>[];

beforeEach(async () => {
  process.on("uncaughtException", note);
  accepted = [];
  const door = new WebSocketDoor(50);
  server = createServer();
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => undefined);
    accepted.push(door.accept(request, { socket, head, protocol: "v5.channel.k8s.io" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  process.off("uncaughtException", note);
  server.close();
  expect(uncaught.splice(0)).toEqual([]);
});

const port = (): number => (server.address() as AddressInfo).port;

async function connect(): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port()}`, "v5.channel.k8s.io");
  await once(client, "open");
  return client;
}

test("a message that is too long ends its session, and nothing else", async () => {
  const client = await connect();
  client.send(Buffer.alloc(messageBytesMax + 1));
  const [code] = (await once(client, "close")) as [number];
  expect(code).toBe(1009);
  (await connect()).terminate();
});

test("a handshake that is none is refused, leaves nothing, and the next one is as always", async () => {
  const headers = { connection: "Upgrade", upgrade: "websocket" };
  const asked = httpRequest({ port: port(), host: "127.0.0.1", headers });
  asked.end();
  const [response] = (await once(asked, "response")) as [{ statusCode: number; resume(): void }];
  response.resume();
  expect(response.statusCode).toBe(400);
  expect(await accepted[0]).toBeUndefined();
  const client = await connect();
  expect(client.protocol).toBe("v5.channel.k8s.io");
  client.terminate();
});

test("a client that goes while nothing is read from it is noticed", async () => {
  const client = await connect();
  const webSocket = await accepted[0];
  webSocket?.pause();
  client.send("what nobody reads");
  client.terminate();
  expect(webSocket && (await once(webSocket, "close"))[0]).toBe(1006);
});

test("a SPDY header block that unpacks to too much is refused", async () => {
  const codec = new HeaderCodec();
  await expect(codec.decode(deflateSync(Buffer.alloc(8 << 20)))).rejects.toThrow("too long");
  await setImmediate();
  codec.close();
});
