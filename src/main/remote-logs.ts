/**
 * Logs that the platform half has, when it runs as a process of its own: it serves them on its loopback port, and the
 * API server fetches them there to answer `log` subresources. A shared secret guards the way.
 */

import { randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { dirname, join } from "node:path";
import type { LogOptions } from "../client/client.ts";
import type { LogSource } from "../client/log-source.ts";
import { drained } from "../lib/drained.ts";
import type { HttpHandler } from "../lib/http-handler.ts";
import type { KubeObject } from "../model/meta.ts";
import { StatusError, type Status } from "../model/status.ts";
import { paths } from "./config.ts";

const prefix = "/logs/";
const bodyBytesMax = 4 * 1024 ** 2;

export interface RemoteLogs {
  /** Of the platform half, for instance http://127.0.0.1:41234. */
  readonly url: string;
  readonly secret: string;
}

interface LogRequest {
  readonly object: KubeObject;
  readonly options: Omit<LogOptions, "signal">;
}

/** The API server's side: asks the platform half for the log of an object of one resource. */
export function remoteLogSource({ url, secret }: RemoteLogs, resource: string): LogSource {
  return {
    async *log(object, { signal, ...options }) {
      const body: LogRequest = { object, options };
      const response = await ask({ url: `${url}${prefix}${resource}`, secret, body, signal });
      if (response.statusCode === 200) {
        for await (const chunk of response) yield chunk as Uint8Array;
        return;
      }
      throw StatusError.from(JSON.parse(await textOf(response)) as Status);
    },
  };
}

interface Question {
  readonly url: string;
  readonly secret: string;
  readonly body: LogRequest;
  readonly signal: AbortSignal | undefined;
}

function ask({ url, secret, body, signal }: Question): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
    const options = { method: "POST", headers, agent: false, ...(signal === undefined ? {} : { signal }) };
    const question = httpRequest(url, options, resolve);
    question.on("error", (cause) =>
      reject(
        new StatusError("ServiceUnavailable", "the platform process does not answer", undefined, { cause }),
      ),
    );
    question.end(JSON.stringify(body));
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of message) {
    text += String(chunk);
    if (text.length > bodyBytesMax)
      throw new StatusError("RequestEntityTooLarge", "the message is too large");
  }
  return text;
}

/** The platform half's side: serves the logs of its sources, by resource name. */
export function logHandler(sources: ReadonlyMap<string, LogSource>, secret: string): HttpHandler {
  const expected = Buffer.from(`Bearer ${secret}`);
  return {
    prefix,
    async handle(request, response) {
      const given = Buffer.from(request.headers.authorization ?? "");
      const url = new URL(request.url ?? "", "http://localhost");
      const source = sources.get(url.pathname.slice(prefix.length));
      const gone = new AbortController();
      response.on("close", () => gone.abort());
      try {
        if (given.length !== expected.length || !timingSafeEqual(given, expected))
          throw new StatusError("Unauthorized", "Unauthorized");
        if (source === undefined) throw new StatusError("NotFound", "no such log");
        const { object, options } = JSON.parse(await textOf(request)) as LogRequest;
        for await (const chunk of source.log(object, { ...options, signal: gone.signal })) {
          if (!response.headersSent) response.writeHead(200, { "content-type": "text/plain" });
          if (!response.write(chunk)) await drained(response);
        }
        if (!response.headersSent) response.writeHead(200, { "content-type": "text/plain" });
        response.end();
      } catch (error) {
        if (!(error instanceof StatusError) || response.headersSent) throw error;
        response.writeHead(error.code, { "content-type": "application/json" });
        response.end(JSON.stringify(error.toStatus()));
      }
    },
  };
}

/** The secret that both halves read from the data directory; made by the first that asks. */
export function logSecret(dataDir: string): string {
  const file = join(paths(dataDir).tokens, "logs");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8");
}
