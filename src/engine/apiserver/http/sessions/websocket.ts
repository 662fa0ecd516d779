/** Sending on a WebSocket no faster than the client takes it. */

import type { WebSocket } from "ws";

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
