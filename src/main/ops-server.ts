/**
 * Health and metrics of a process over plain HTTP, for probes and Prometheus. It says nothing secret and changes
 * nothing, but has no login either: it listens on loopback unless told otherwise.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { messageOf } from "../lib/errors.ts";
import { metricsContentType, type MetricsRegistry } from "../lib/metrics.ts";

const requestTimeoutMs = 30_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface OpsOptions {
  readonly registry: MetricsRegistry;
  /** What is missing until the process can do its work; nothing when it can. */
  readonly missing: () => readonly string[];
}

/** HOST:PORT, or PORT on loopback. */
export function parseAddress(text: string): Address {
  const match = /^(?:(?:\[(?<six>[^\]]+)\]|(?<host>[^:]*)):)?(?<port>\d+)$/.exec(text);
  const { six, host = "", port = "" } = match?.groups ?? {};
  if (match === null || Number(port) > 65_535) {
    throw new Error(`${JSON.stringify(text)} is no address: give HOST:PORT, for instance 127.0.0.1:10259`);
  }
  return { host: six ?? (host === "" ? "127.0.0.1" : host), port: Number(port) };
}

export function opsHandler({ registry, missing }: OpsOptions) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? "/").split("?")[0];
    if (request.method !== "GET" && request.method !== "HEAD")
      return answer(response, 405, "method not allowed");
    if (path === "/healthz" || path === "/livez") return answer(response, 200, "ok");
    if (path === "/readyz") {
      const lacks = missing();
      if (lacks.length === 0) return answer(response, 200, "ok");
      return answer(response, 503, `not ready: waiting for ${lacks.join(", ")}`);
    }
    if (path !== "/metrics")
      return answer(response, 404, "not found: there are /metrics, /healthz, /livez, /readyz");
    return answer(response, 200, registry.text(), metricsContentType);
  };
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

export async function listen(
  { host, port }: Address,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, handle);
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new Error(`cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error }));
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function answer(
  response: ServerResponse,
  code: number,
  text: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(code, { "content-type": type, "x-content-type-options": "nosniff" });
  response.end(text.endsWith("\n") ? text : `${text}\n`);
}
