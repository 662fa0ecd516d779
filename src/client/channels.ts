/** A session with a pod over Kubernetes' channel protocol: each message belongs to the channel of its first byte. */

import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { messageOf } from "../lib/errors.ts";
import { StatusError, type Status } from "../model/status.ts";
import type { Connection } from "./connection.ts";

const openTimeoutMs = 30_000;
const errorBytesMax = 64 * 1024;

export interface Channels {
  /** Resolves when the network has taken it. */
  send(channel: number, data: Uint8Array): Promise<void>;
  /** Ends when the server has ended the session; throws when the connection breaks. */
  readonly messages: AsyncIterable<{ readonly channel: number; readonly data: Buffer }>;
  close(): void;
}

export interface ChannelRequest {
  /** With its query. */
  readonly path: string;
  readonly protocol: string;
}

/** Throws the server's StatusError when it refuses. */
export async function openChannels(
  connection: Connection,
  { path, protocol }: ChannelRequest,
): Promise<Channels> {
  const token =
    connection.tokenFile === undefined
      ? connection.token
      : (await readFile(connection.tokenFile, "utf8")).trim();
  const webSocket = new WebSocket(`${connection.server.replace(/^http/, "ws")}${path}`, protocol, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ca: connection.ca,
    cert: connection.clientCertificate,
    key: connection.clientKey,
    rejectUnauthorized: connection.insecureSkipTlsVerify !== true,
    handshakeTimeout: openTimeoutMs,
    perMessageDeflate: false,
    ...(connection.tlsServerName === undefined ? {} : { servername: connection.tlsServerName }),
  });
  const messages = incoming(webSocket);
  await opened(webSocket, connection.server);
  return {
    send: (channel, data) => sendOn(webSocket, channel, data),
    messages,
    close: () => webSocket.close(1000),
  };
}

function sendOn(webSocket: WebSocket, channel: number, data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    webSocket.send(Buffer.concat([Buffer.from([channel]), data]), (error) =>
      error === undefined || error === null ? resolve() : reject(error),
    );
  });
}

function opened(webSocket: WebSocket, server: string): Promise<void> {
  return new Promise((resolve, reject) => {
    webSocket.once("open", resolve);
    webSocket.once("unexpected-response", (_request, response) => {
      void refusalOf(response).then(reject, reject);
    });
    webSocket.on("error", (cause) => {
      const message = `cannot reach the API at ${server}: ${messageOf(cause)}`;
      reject(new StatusError("ServiceUnavailable", message, undefined, { cause }));
    });
  });
}

async function refusalOf(response: IncomingMessage): Promise<StatusError> {
  let text = "";
  for await (const chunk of response) if (text.length < errorBytesMax) text += String(chunk);
  try {
    return StatusError.from(JSON.parse(text) as Status);
  } catch {
    // A proxy's page, not the API's answer: its text is shown.
    return StatusError.from({
      message: `the server answered ${response.statusCode}: ${text}`,
      reason: undefined,
      code: response.statusCode ?? 0,
    });
  }
}

interface Message {
  readonly channel: number;
  readonly data: Buffer;
}

/**
 * Messages in their order; the socket waits while nobody takes them. It is listened to from now on: the first ones may come
 * together with the answer to the handshake, before anybody asks for them.
 */
function incoming(webSocket: WebSocket): AsyncGenerator<Message> {
  const queue: Buffer[] = [];
  let wake: (() => void) | undefined;
  let end: { readonly error?: Error } | undefined;
  webSocket.on("message", (message: Buffer) => {
    queue.push(message);
    webSocket.pause();
    wake?.();
  });
  webSocket.once("close", (code, reason) => {
    end =
      code === 1000 || code === 1005
        ? {}
        : { error: new Error(`the connection ended (${code} ${reason.toString()})`) };
    wake?.();
  });
  return (async function* () {
    for (;;) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        yield { channel: next[0] ?? 0, data: next.subarray(1) };
      }
      if (end !== undefined) {
        if (end.error !== undefined) throw end.error;
        return;
      }
      webSocket.resume();
      await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
    }
  })();
}
