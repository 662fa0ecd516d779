/** Taking WebSockets, and sending on one no faster than the client takes it. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";

/** Largest message that a client may send. */
export const messageBytesMax = 1024 * 1024;

/** How often a client that is not read from is spoken to, which is how one finds out that it is gone. */
const defaultPingMs = 10_000;

export interface Handshake {
  readonly socket: Duplex;
  readonly head: Buffer;
  /** What was agreed on. */
  readonly protocol: string;
}

export class WebSocketDoor {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
  });
  readonly #protocols = new WeakMap<IncomingMessage, string>();
  readonly #pingMs: number;

  constructor(pingMs = defaultPingMs) {
    this.#pingMs = pingMs;
    // The library refuses names with a slash, which Kubernetes uses: what was agreed on is said here.
    this.#server.on("headers", (headers, request) => {
      headers.push(`Sec-WebSocket-Protocol: ${this.#protocols.get(request) ?? ""}`);
    });
  }

  /** Undefined when the client got the refusal of a handshake that is none. */
  accept(request: IncomingMessage, { socket, head, protocol }: Handshake): Promise<WebSocket | undefined> {
    return new Promise((resolve) => {
      delete request.headers["sec-websocket-protocol"];
      this.#protocols.set(request, protocol);
      socket.once("close", () => resolve(undefined));
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        // A message that is too long, or none: it is closed with the reason, which ends what it carries.
        webSocket.on("error", () => undefined);
        this.#noticeEnd(webSocket);
        resolve(webSocket);
      });
      if (socket.destroyed) resolve(undefined);
    });
  }

  #noticeEnd(webSocket: WebSocket): void {
    const timer = setInterval(() => {
      if (webSocket.isPaused && webSocket.readyState === webSocket.OPEN) webSocket.ping();
    }, this.#pingMs);
    webSocket.once("close", () => clearInterval(timer));
  }
}

/** Resolves when the message was handed to the network; rejects when the client is gone. */
export function sendOn(webSocket: WebSocket, channel: number, data: Uint8Array): Promise<void> {
  return sendBytes(webSocket, Buffer.concat([Buffer.from([channel]), data]));
}

export function sendBytes(webSocket: WebSocket, data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    webSocket.send(data, { binary: true }, (error) =>
      error === undefined || error === null ? resolve() : reject(error),
    );
  });
}

export function endWell(webSocket: WebSocket): void {
  if (webSocket.readyState === webSocket.OPEN) webSocket.close(1000);
}
