/** The wire to a container engine: one request at a time through docker-modem, errors as EngineError. */

import type { IncomingMessage } from "node:http";
import { addAbortSignal, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import DockerModem from "docker-modem";
import { messageOf } from "../errors.ts";

/** How long an answer that is not a stream may take. */
const defaultTimeoutMs = 120_000;
/** The oldest API that has all that Nagi asks for; Podman 4 and Docker 20.10 both speak it. */
const apiVersion = "/v1.41";
/** Of Podman's own API, for the few things that Docker's cannot say. */
const nativeApiVersion = "/v4.0.0";

/** What the engine answered instead of success; status 0 when it could not be reached at all. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export function isEngineError(thrown: unknown, ...statuses: number[]): thrown is EngineError {
  return thrown instanceof EngineError && (statuses.length === 0 || statuses.includes(thrown.status));
}

export type QueryValue = string | number | boolean | readonly string[] | object | undefined;

export interface EngineRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  readonly path: string;
  /** A path of Podman's own API. */
  readonly native?: boolean | undefined;
  /** Objects are sent as JSON, lists repeat the name. */
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly body?: object | undefined;
  /** A tar stream, in place of a body. */
  readonly file?: AsyncIterable<unknown> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export class EngineTransport {
  readonly #modem: DockerModem;

  constructor(socketPath: string) {
    // All is given, so that nothing of DOCKER_HOST and its kin is taken from the environment.
    this.#modem = new DockerModem({
      socketPath,
      host: undefined,
      port: undefined,
      protocol: "http",
      timeout: undefined,
    });
  }

  /** The decoded answer; undefined when it has no body. */
  async json<T>(request: EngineRequest): Promise<T> {
    const aborter = new AbortController();
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const abort = (): void => aborter.abort();
    request.signal?.addEventListener("abort", abort, { once: true });
    if (request.signal?.aborted) abort();
    const timer = setTimeout(abort, timeoutMs);
    try {
      return (await this.#decoded({ ...request, signal: aborter.signal })) as T;
    } catch (error) {
      const expired = aborter.signal.aborted && request.signal?.aborted !== true;
      if (!expired) throw error;
      const what = `${request.method} ${request.path}`;
      throw new EngineError(0, `the container engine did not answer ${what} within ${timeoutMs} ms`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", abort);
    }
  }

  /** Read here, since docker-modem never tells of an answer that breaks off in its middle. */
  async #decoded(request: EngineRequest): Promise<unknown> {
    const response = await this.stream(request);
    if (request.signal !== undefined) addAbortSignal(request.signal, response);
    const body = await text(response).catch((error: unknown) => {
      const what = `${request.method} ${request.path}`;
      throw new EngineError(0, `the container engine broke off its answer to ${what}: ${messageOf(error)}`, {
        cause: error,
      });
    });
    try {
      return JSON.parse(body) as unknown;
    } catch {
      // Of some requests the status is the answer, whatever comes with it.
      return undefined;
    }
  }

  /** The answer's body as it comes; it ends with an error when the signal aborts. */
  async stream(request: EngineRequest): Promise<IncomingMessage> {
    const { signal } = request;
    const response = (await this.#dial(request, {
      isStream: true,
      ...(signal === undefined ? {} : { abortSignal: signal }),
    })) as IncomingMessage;
    // Who reads the body sees its error; one that nobody reads at the moment must not end the process.
    response.on("error", () => undefined);
    return response;
  }

  #dial(request: EngineRequest, extra: Partial<DockerModem.DialOptions>): Promise<unknown> {
    const { method, path, query = {}, body, file, headers } = request;
    const options: DockerModem.DialOptions = {
      path: `${request.native === true ? nativeApiVersion : apiVersion}${path}?`,
      method,
      headers: { ...headers },
      options: { _query: withoutUndefined(query), _body: body ?? {} },
      ...(file === undefined ? {} : { file: Readable.from(file) }),
      // Success is listed; docker-modem takes every other status for an error.
      statusCodes: { 200: true, 201: true, 202: true, 204: true, 304: true },
      ...extra,
    };
    return new Promise((resolve, reject) => {
      this.#modem.dial(options, (error, result) => {
        if (error === null || error === undefined) resolve(result);
        else reject(engineError(error, `${method} ${path}`));
      });
    });
  }
}

function withoutUndefined(query: Readonly<Record<string, QueryValue>>): Record<string, QueryValue> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

interface ModemError extends Error {
  readonly statusCode?: number | undefined;
  readonly json?: unknown;
}

function engineError(error: ModemError, request: string): EngineError {
  if (error.statusCode === undefined) {
    return new EngineError(0, `cannot reach the container engine: ${error.message}`, { cause: error });
  }
  const text =
    textOf(error) || `the container engine answered ${error.statusCode} to ${request} without saying why`;
  return new EngineError(error.statusCode, text, { cause: error });
}

function textOf(error: ModemError): string {
  const { json } = error;
  if (typeof json === "object" && json !== null && "message" in json) return messageOf(json.message);
  return error.message.replace(/^\(HTTP code \d+\) \S+ - /, "").trim();
}
