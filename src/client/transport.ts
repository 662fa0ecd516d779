/**
 * HTTP requests to one API: keeps connections, says who one is, turns every failure into a StatusError.
 *
 * A request is only sent again when it cannot have had an effect: a read that found nobody listening, or one that
 * the server refused for now (429).
 */

import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from "node:https";
import { encodeText } from "../lib/base64.ts";
import { backoffDelayMs, type BackoffOptions } from "../lib/backoff.ts";
import { sleep, type Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { StatusError, type Status } from "../model/status.ts";
import type { Connection } from "./connection.ts";

export interface TransportLimits {
  /** From sending a request to the end of its answer, or to the start of a stream's. */
  readonly requestTimeoutMs: number;

  readonly responseMaxBytes: number;
  readonly maxConnections: number;
  readonly maxStreams: number;
  /** Times that a read is tried again when nobody listens. */
  readonly refusedRetries: number;
  /** Times that a 429 is waited out, and for how long at most. */
  readonly busyRetries: number;
  readonly busyMaxDelayMs: number;
}

export const defaultTransportLimits: TransportLimits = {
  requestTimeoutMs: 60_000,
  responseMaxBytes: 256 * 1024 * 1024,
  maxConnections: 16,
  maxStreams: 512,
  refusedRetries: 5,
  busyRetries: 4,
  busyMaxDelayMs: 10_000,
};

const refusedBackoff: BackoffOptions = { baseMs: 100, capMs: 1600 };
/** How long a stream may be silent until the system asks whether the other side is still there. */
const tcpKeepAliveMs = 30_000;
const userAgent = "nagi";

export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly accept?: string | undefined;
  readonly contentType?: string | undefined;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of a stream: when nothing comes for this long, the connection is taken for lost. */
  readonly idleTimeoutMs?: number | undefined;
}

export class Transport {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #requests: HttpAgent | HttpsAgent;
  readonly #streams: HttpAgent | HttpsAgent;

  constructor(connection: Connection, clock: Clock, limits: TransportLimits) {
    this.#connection = connection;
    this.#clock = clock;
    this.#limits = limits;
    this.#requests = agentFor(connection, { keepAlive: true, maxSockets: limits.maxConnections });
    // Streams have connections of their own, so that they never take the last one from a request.
    this.#streams = agentFor(connection, { keepAlive: false, maxSockets: limits.maxStreams });
  }

  /** The whole answer as text. */
  async text(request: TransportRequest): Promise<string> {
    return await this.#retrying(request, async () => {
      const { requestTimeoutMs, responseMaxBytes } = this.#limits;
      const timeout = AbortSignal.timeout(requestTimeoutMs);
      const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
      try {
        const response = await this.#send({ ...request, signal }, this.#requests);
        return await bodyOf(response, responseMaxBytes);
      } catch (error) {
        throw this.#failure(error, { timeout, signal: request.signal });
      }
    });
  }

  /** The answer's chunks as they come; ends when the signal aborts. */
  async *stream(request: TransportRequest): AsyncGenerator<Uint8Array> {
    const stop = new AbortController();
    const signal =
      request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal]);
    const timeout = new AbortController();
    try {
      const response = await this.#retrying(request, async () => {
        const timer = this.#clock.after(this.#limits.requestTimeoutMs, () => timeout.abort());
        try {
          const either = AbortSignal.any([signal, timeout.signal]);
          return await this.#send({ ...request, signal: either }, this.#streams);
        } finally {
          timer.cancel();
        }
      });
      giveUpWhenIdle(response, request.idleTimeoutMs);
      for await (const chunk of response) yield chunk as Buffer;
    } catch (error) {
      if (request.signal?.aborted === true) return;
      throw this.#failure(error, { timeout: timeout.signal, signal: request.signal });
    } finally {
      stop.abort();
    }
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.#requests.destroy();
    this.#streams.destroy();
  }

  async #retrying<T>(request: TransportRequest, attempt: () => Promise<T>): Promise<T> {
    const { refusedRetries, busyRetries, busyMaxDelayMs } = this.#limits;
    for (let refused = 0, busy = 0; ;) {
      try {
        return await attempt();
      } catch (error) {
        let delayMs: number;
        if (request.method === "GET" && refused < refusedRetries && isRefused(error)) {
          refused += 1;
          delayMs = backoffDelayMs(refusedBackoff, refused);
        } else if (busy < busyRetries && error instanceof StatusError && isBusy(error)) {
          busy += 1;
          delayMs = Math.min((error.details?.retryAfterSeconds ?? 1) * 1000, busyMaxDelayMs);
        } else {
          throw error;
        }
        await sleep(this.#clock, delayMs, request.signal);
        request.signal?.throwIfAborted();
      }
    }
  }

  /** Resolves with the head of a good answer. */
  async #send(request: TransportRequest, agent: HttpAgent | HttpsAgent): Promise<IncomingMessage> {
    const url = new URL(`${this.#connection.server}${request.path}`);
    const headers = await this.#headers(request);
    const send = url.protocol === "http:" ? httpRequest : httpsRequest;
    const { method, signal } = request;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = send(url, { method, headers, agent, signal }, resolve);
      outgoing.on("error", reject);
      outgoing.end(request.body);
    });
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    throw errorOf(response, await bodyOf(response, this.#limits.responseMaxBytes));
  }

  async #headers(request: TransportRequest): Promise<Record<string, string>> {
    const { tokenFile, basic } = this.#connection;
    const token =
      tokenFile === undefined ? this.#connection.token : (await readFile(tokenFile, "utf8")).trim();
    const { body, contentType = "application/json", accept = "application/json" } = request;
    const headers: Record<string, string> = { accept, "user-agent": userAgent };
    if (token !== undefined && token !== "") headers["authorization"] = `Bearer ${token}`;
    else if (basic !== undefined) {
      headers["authorization"] = `Basic ${encodeText(`${basic.username}:${basic.password}`)}`;
    }
    if (body !== undefined) {
      headers["content-type"] = contentType;
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    return headers;
  }

  #failure(error: unknown, signals: { timeout: AbortSignal; signal?: AbortSignal | undefined }): unknown {
    if (error instanceof StatusError) return error;
    if (signals.signal?.aborted === true) return signals.signal.reason;
    const { server } = this.#connection;
    if (signals.timeout.aborted) {
      const message = `the API at ${server} did not answer within ${this.#limits.requestTimeoutMs / 1000} s`;
      return new StatusError("Timeout", message, undefined, { cause: error });
    }
    const message = `cannot reach the API at ${server}: ${networkMessage(error)}`;
    return new StatusError("ServiceUnavailable", message, undefined, { cause: error });
  }
}

function agentFor(connection: Connection, options: AgentOptions): HttpAgent | HttpsAgent {
  if (connection.server.startsWith("http:")) return new HttpAgent(options);
  return new HttpsAgent({
    ...options,
    ca: connection.ca,
    cert: connection.clientCertificate,
    key: connection.clientKey,
    rejectUnauthorized: connection.insecureSkipTlsVerify !== true,
    ...(connection.tlsServerName === undefined ? {} : { servername: connection.tlsServerName }),
  });
}

function giveUpWhenIdle(response: IncomingMessage, idleTimeoutMs: number | undefined): void {
  response.socket.setKeepAlive(true, tcpKeepAliveMs);
  if (idleTimeoutMs === undefined) return;
  response.setTimeout(idleTimeoutMs, () => {
    response.destroy(new Error(`nothing came for ${idleTimeoutMs / 1000} s`));
  });
}

/** A name with several addresses fails with one error for each. */
function networkMessage(error: unknown): string {
  if (!(error instanceof AggregateError)) return messageOf(error);
  return error.errors.map(messageOf).join(", ");
}

/** Too much to do for now; not: a disruption budget says no, which may last. */
function isBusy({ code, details }: StatusError): boolean {
  return code === 429 && !(details?.causes ?? []).some(({ reason }) => reason === "DisruptionBudget");
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof StatusError ? error.cause : error;
  return (cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED";
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      throw new Error(`its answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const shownBodyLength = 200;

function errorOf(response: IncomingMessage, body: string): StatusError {
  const code = response.statusCode ?? 0;
  const retryAfterSeconds = Number(response.headers["retry-after"] ?? Number.NaN);
  const retry = Number.isFinite(retryAfterSeconds) ? { retryAfterSeconds } : {};
  const status = statusIn(body);
  if (status !== undefined) {
    return StatusError.from({
      ...status,
      code: status.code ?? code,
      details: { ...retry, ...status.details },
    });
  }
  const text = body.trim().slice(0, shownBodyLength);
  const message = `the server answered ${code}${text === "" ? "" : `: ${text}`}`;
  return StatusError.from({ message, reason: undefined, code, details: retry });
}

function statusIn(body: string): Partial<Status> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const isStatus =
      typeof parsed === "object" && parsed !== null && "kind" in parsed && parsed.kind === "Status";
    return isStatus ? (parsed as Partial<Status>) : undefined;
  } catch {
    // A proxy's page, not the API's answer: the caller shows its text.
    return undefined;
  }
}
