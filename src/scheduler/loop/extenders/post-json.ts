/** One JSON request to a web server of the user's, with a time limit and a bound on the answer. */

import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { ExtenderTls } from "../../policy/scheduler-config.ts";

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_CONNECTIONS = 32;
/** Of a body that is no JSON, so much is told. */
const SHOWN_LENGTH = 200;

export interface WebServer {
  /** Rejects with what went wrong; after the time limit too. */
  post(url: string, body: string, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

export interface WebServerOptions {
  readonly isHttps: boolean;
  readonly tls: ExtenderTls | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Reads the TLS files now, so that what is wrong with them is said at the start. */
export async function webServer({ isHttps, tls, timeoutMs, clock }: WebServerOptions): Promise<WebServer> {
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
  const agent = isHttps ? new HttpsAgent({ ...options, ...(await tlsOptions(tls)) }) : new HttpAgent(options);
  const send = isHttps ? httpsRequest : httpRequest;
  return {
    async post(url, body, signal) {
      const limit = new AbortController();
      const timer = clock.after(timeoutMs, () => limit.abort());
      try {
        const either = AbortSignal.any([signal, limit.signal]);
        const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          const request = send(url, { method: "POST", headers, agent, signal: either }, resolve);
          request.on("error", reject);
          request.end(body);
        });
        return parsed(response, await textOf(response));
      } catch (error) {
        if (!limit.signal.aborted) throw error;
        throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error });
      } finally {
        timer.cancel();
      }
    },
    close: () => agent.destroy(),
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      response.destroy();
      throw new Error(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed({ statusCode }: IncomingMessage, text: string): unknown {
  if (statusCode !== 200) throw new Error(`it answered ${statusCode}: ${text.trim().slice(0, SHOWN_LENGTH)}`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(`its answer is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

async function tlsOptions(tls: ExtenderTls | undefined): Promise<Record<string, unknown>> {
  if (tls === undefined) return {};
  const part = async (data: string | undefined, file: string | undefined): Promise<Buffer | undefined> => {
    if (data !== undefined && data !== "") return Buffer.from(data, "base64");
    return file === undefined || file === "" ? undefined : await readFile(file);
  };
  return {
    rejectUnauthorized: tls.insecure !== true,
    cert: await part(tls.certData, tls.certFile),
    key: await part(tls.keyData, tls.keyFile),
    ca: await part(tls.caData, tls.caFile),
    ...(tls.serverName === undefined || tls.serverName === "" ? {} : { servername: tls.serverName }),
  };
}
