import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { serveForwardedPorts } from "./forwarded-ports.ts";
import { serveSpdyForward } from "./spdy-forward.ts";
import { controlFrame, frameTypes, HeaderCodec } from "./spdy-frames.ts";

type Connect = (port: number) => Promise<Duplex>;

const rejected: unknown[] = [];
const note = (reason: unknown): void => void rejected.push(reason);
const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A client that is gone before its port could be reached. */
async function leaveEarly(
  serve: (webSocket: WebSocket, connect: Connect) => Promise<void>,
  ask: (client: WebSocket) => Promise<void>,
): Promise<readonly unknown[]> {
  process.on("unhandledRejection", note);
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  servers.push(server);
  const dialled = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Duplex>();
  const connected = once(server, "connection");
  await once(server, "listening");
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [webSocket] = (await connected) as [WebSocket];
  const served = serve(webSocket, () => {
    dialled.resolve();
    return answer.promise;
  });
  if (client.readyState !== client.OPEN) await once(client, "open");
  await ask(client);
  await dialled.promise;
  const gone = once(webSocket, "close");
  client.terminate();
  await gone;
  answer.reject(new Error("connection refused"));
  await served;
  // Rejections are told after the microtasks of a turn.
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  process.off("unhandledRejection", note);
  return rejected.splice(0);
}

test("a client that leaves while its port is dialled harms nobody", async () => {
  const left = await leaveEarly(
    (webSocket, connect) => serveForwardedPorts(webSocket, [80], connect),
    (client) => new Promise((resolve) => client.send(Buffer.from([0, 1, 2]), () => resolve())),
  );
  expect(left).toEqual([]);
});

test("neither does kubectl", async () => {
  const codec = new HeaderCodec();
  const open = async (client: WebSocket, id: number, streamType: string): Promise<void> => {
    const headers = new Map([
      ["streamtype", streamType],
      ["port", "80"],
      ["requestid", "0"],
    ]);
    const head = Buffer.alloc(10);
    head.writeUInt32BE(id, 0);
    client.send(controlFrame(frameTypes.synStream, Buffer.concat([head, await codec.encode(headers)])));
  };
  const left = await leaveEarly(serveSpdyForward, async (client) => {
    await open(client, 1, "error");
    await open(client, 3, "data");
  });
  codec.close();
  expect(left).toEqual([]);
});
