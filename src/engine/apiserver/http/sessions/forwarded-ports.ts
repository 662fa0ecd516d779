/**
 * Ports forwarded over the channel protocol: for the port at place i of the query, channel 2i carries its data and
 * 2i + 1 what went wrong. Each channel begins with the port itself, two bytes, the lower one first.
 */

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { messageOf } from "../../../../lib/errors.ts";
import { badRequest } from "../../api-errors.ts";
import { endWell, sendOn } from "./websocket.ts";

const portsMax = 16;
/** With v5: the client writes no more on the channel that the message names. */
const closeChannel = 255;

export function portsIn(query: URLSearchParams): number[] {
  const ports = query.getAll("ports").flatMap((text) => text.split(","));
  if (ports.length === 0 || ports.length > portsMax) {
    throw badRequest(`the parameter ports must name 1 to ${portsMax} ports`);
  }
  return ports.map((text) => {
    const port = Number(text);
    if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port;
    throw badRequest(`the parameter ports has "${text}": must be a port, 1 to 65535`);
  });
}

export async function serveForwardedPorts(
  webSocket: WebSocket,
  ports: readonly number[],
  connect: (port: number) => Promise<Duplex>,
): Promise<void> {
  const waiting = new Map<number, Promise<Duplex | undefined>>();
  webSocket.on("message", (message: Buffer) => {
    const [channel = 0, ended = 0] = message;
    const connection = waiting.get((channel === closeChannel ? ended : channel) / 2);
    if (channel === closeChannel) void connection?.then((socket) => socket?.end());
    else void take(webSocket, connection, message.subarray(1));
  });
  const gone = new Promise<void>((resolve) => webSocket.once("close", () => resolve()));
  const carried = ports.map((port, index) => {
    const connection = open(webSocket, { port, index, connect });
    waiting.set(index, connection);
    return carry(webSocket, connection, 2 * index);
  });
  await Promise.race([Promise.all(carried), gone]);
  for (const connection of waiting.values()) (await connection)?.destroy();
  endWell(webSocket);
}

async function take(
  webSocket: WebSocket,
  connection: Promise<Duplex | undefined> | undefined,
  data: Buffer,
): Promise<void> {
  const socket = await connection;
  if (socket === undefined || data.length === 0 || socket.writableEnded || socket.write(data)) return;
  webSocket.pause();
  const goOn = (): void => webSocket.resume();
  socket.once("drain", goOn).once("close", goOn);
}

interface Forward {
  readonly port: number;
  readonly index: number;
  readonly connect: (port: number) => Promise<Duplex>;
}

/** Never rejects: whoever waits for it does so apart from the others. */
async function open(webSocket: WebSocket, { port, index, connect }: Forward): Promise<Duplex | undefined> {
  const name = Buffer.from([port & 0xff, port >> 8]);
  try {
    await sendOn(webSocket, 2 * index, name);
    await sendOn(webSocket, 2 * index + 1, name);
    const socket = await connect(port);
    socket.on("error", () => undefined);
    return socket;
  } catch (error) {
    const text = Buffer.from(`cannot connect to port ${port}: ${messageOf(error)}`);
    // Refused only when the client is gone, who need not know.
    await sendOn(webSocket, 2 * index + 1, text).catch(() => undefined);
    return undefined;
  }
}

async function carry(
  webSocket: WebSocket,
  connection: Promise<Duplex | undefined>,
  channel: number,
): Promise<void> {
  const socket = await connection;
  if (socket === undefined) return;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) await sendOn(webSocket, channel, chunk);
  } catch {
    // One of the two sides is gone, which ends the other.
    socket.destroy();
  }
}
