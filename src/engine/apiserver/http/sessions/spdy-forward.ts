/**
 * `kubectl port-forward`: SPDY/3.1 in the messages of a WebSocket. For every connection that kubectl takes there are
 * two streams with one request id: `error`, which carries only what went wrong, and `data`.
 */

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { messageOf } from "../../../../lib/errors.ts";
import {
  controlFrame,
  dataFrame,
  finFlag,
  FrameReader,
  frameTypes,
  HeaderCodec,
  type Frame,
} from "./spdy-frames.ts";
import { endWell, sendBytes } from "./websocket.ts";

export const spdyForwardProtocol = "SPDY/3.1+portforward.k8s.io";
/** Streams of one connection, two for every port that is forwarded at a time. */
const streamsMax = 2048;

type Connect = (port: number) => Promise<Duplex>;

export async function serveSpdyForward(webSocket: WebSocket, connect: Connect): Promise<void> {
  const forward = new SpdyForward(webSocket, connect);
  const reader = new FrameReader();
  let turn = Promise.resolve();
  webSocket.on("message", (message: Buffer) => {
    // Frames take turns: header blocks can only be unpacked in their order.
    turn = takeAll(turn, () => reader.push(message), forward).catch(() => webSocket.close(1002));
  });
  await new Promise<void>((resolve) => webSocket.once("close", () => resolve()));
  forward.close();
  endWell(webSocket);
}

async function takeAll(
  before: Promise<void>,
  frames: () => readonly Frame[],
  forward: SpdyForward,
): Promise<void> {
  await before;
  for (const frame of frames()) await forward.take(frame);
}

class SpdyForward {
  readonly #webSocket: WebSocket;
  readonly #connect: Connect;
  readonly #codec = new HeaderCodec();
  /** By the id of their data stream. */
  readonly #sockets = new Map<number, Promise<Duplex | undefined>>();
  /** Error streams by request id. */
  readonly #errorStreams = new Map<string, number>();

  constructor(webSocket: WebSocket, connect: Connect) {
    this.#webSocket = webSocket;
    this.#connect = connect;
  }

  async take(frame: Frame): Promise<void> {
    if (frame.kind === "data") return this.#takeData(frame);
    switch (frame.type) {
      case frameTypes.synStream:
        return this.#open(frame.data, frame.flags);
      case frameTypes.ping:
        return this.#send(controlFrame(frameTypes.ping, frame.data));
      case frameTypes.rstStream:
        return this.#drop(frame.data.readUInt32BE(0));
      case frameTypes.goAway:
        return endWell(this.#webSocket);
      default:
    }
  }

  close(): void {
    for (const streamId of this.#sockets.keys()) this.#drop(streamId);
    this.#codec.close();
  }

  async #open(data: Buffer, flags: number): Promise<void> {
    const streamId = data.readUInt32BE(0);
    const headers = await this.#codec.decode(data.subarray(10));
    if (this.#sockets.size + this.#errorStreams.size >= streamsMax) {
      throw new Error(`more than ${streamsMax} streams on one connection`);
    }
    const reply = Buffer.concat([data.subarray(0, 4), await this.#codec.encode(new Map())]);
    await this.#send(controlFrame(frameTypes.synReply, reply));
    const requestId = headers.get("requestid") ?? "";
    if (headers.get("streamtype") === "error") {
      this.#errorStreams.set(requestId, streamId);
      return;
    }
    const port = Number(headers.get("port"));
    const connecting = this.#dial(port, requestId);
    this.#sockets.set(streamId, connecting);
    if ((flags & finFlag) !== 0) void connecting.then((socket) => socket?.end());
    void this.#carry(streamId, connecting, requestId);
  }

  /** Never rejects: whoever waits for it does so apart from the others. */
  async #dial(port: number, requestId: string): Promise<Duplex | undefined> {
    try {
      if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`"${port}" is not a port`);
      const socket = await this.#connect(port);
      socket.on("error", () => undefined);
      return socket;
    } catch (error) {
      const text = `cannot connect to port ${port} of the pod: ${messageOf(error)}`;
      const errorStream = this.#errorStreams.get(requestId);
      // Refused only when the client is gone, who need not know.
      if (errorStream !== undefined)
        await this.#send(dataFrame(errorStream, Buffer.from(text), false)).catch(() => undefined);
      return undefined;
    }
  }

  /** What the pod's port says, to the client; then the ends of both streams. */
  async #carry(streamId: number, connecting: Promise<Duplex | undefined>, requestId: string): Promise<void> {
    try {
      const socket = await connecting;
      if (socket !== undefined) {
        for await (const chunk of socket as AsyncIterable<Buffer>) {
          await this.#send(dataFrame(streamId, chunk, false));
        }
      }
      const errorStream = this.#errorStreams.get(requestId);
      if (errorStream !== undefined) await this.#send(dataFrame(errorStream, Buffer.alloc(0), true));
      await this.#send(dataFrame(streamId, Buffer.alloc(0), true));
    } catch {
      // Either side is gone: the other is told by the end of its connection.
      (await connecting)?.destroy();
    } finally {
      this.#errorStreams.delete(requestId);
      this.#sockets.delete(streamId);
    }
  }

  async #takeData({ streamId, data, fin }: Extract<Frame, { kind: "data" }>): Promise<void> {
    const socket = await this.#sockets.get(streamId);
    if (socket === undefined || socket.writableEnded) return;
    if (data.length > 0 && !socket.write(data)) {
      this.#webSocket.pause();
      const goOn = (): void => this.#webSocket.resume();
      socket.once("drain", goOn).once("close", goOn);
    }
    if (fin) socket.end();
  }

  #drop(streamId: number): void {
    void this.#sockets.get(streamId)?.then((socket) => socket?.destroy());
    this.#sockets.delete(streamId);
  }

  #send(frame: Buffer): Promise<void> {
    return sendBytes(this.#webSocket, frame);
  }
}
