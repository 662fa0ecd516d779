/**
 * Answers another scheduler's questions over HTTP. Whoever reaches it can have pods bound, so beyond loopback it takes
 * requests only with a certificate of the authority that is given.
 */

import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import {
  extenderVerbs,
  type ExtenderService,
  type ExtenderVerb,
} from "../../scheduler/loop/extenders/extender-service.ts";

const bodyMaxBytes = 64 * 1024 * 1024;
const requestTimeoutMs = 30_000;

export interface ExtenderTlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
}

/** Not listening yet. Throws when a file cannot be read. */
export function extenderServer(service: ExtenderService, log: Logger, tls?: ExtenderTlsFiles): Server {
  const handle: RequestListener = (request, response) => {
    answer(service, request).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => {
        log.warn("cannot answer a scheduler", { url: request.url, error });
        send(response, 500, { Error: messageOf(error) });
      },
    );
  };
  if (tls === undefined) return createServer({ requestTimeout: requestTimeoutMs }, handle);
  const { cert, key, clientCa } = tls;
  const ca =
    clientCa === undefined ? {} : { ca: read(clientCa), requestCert: true, rejectUnauthorized: true };
  const options = { requestTimeout: requestTimeoutMs, cert: read(cert), key: read(key), ...ca };
  return createTlsServer(options, handle);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(service: ExtenderService, request: IncomingMessage): Promise<Answer> {
  const verb = (request.url ?? "").split("?")[0]?.replace(/^\/+|\/+$/g, "") ?? "";
  if (!isVerb(verb)) {
    const known = extenderVerbs.map((each) => `/${each}`).join(", ");
    return { status: 404, body: { Error: `there is no ${request.url}: there are ${known}` } };
  }
  if (request.method !== "POST") return { status: 405, body: { Error: "must be a POST" } };
  const text = await bodyOf(request);
  if (text === undefined) return { status: 413, body: { Error: `larger than ${bodyMaxBytes} bytes` } };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return { status: 400, body: { Error: `the body is no JSON: ${messageOf(error)}` } };
  }
  return { status: 200, body: await service.answer(verb, body) };
}

function isVerb(text: string): text is ExtenderVerb {
  return (extenderVerbs as readonly string[]).includes(text);
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyMaxBytes) chunks.push(chunk);
  }
  return size > bodyMaxBytes ? undefined : Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
