/**
 * Health and metrics of a process over plain HTTP, for probes and Prometheus. It says nothing secret and changes
 * nothing, but has no login either: it listens on loopback unless told otherwise.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { metricsContentType, type MetricsRegistry } from "../../lib/metrics.ts";

const requestTimeoutMs = 30_000;

export interface OpsOptions {
  readonly registry: MetricsRegistry;
  /** What is missing until the process can do its work; nothing when it can. */
  readonly missing: () => readonly string[];
}

/** Not listening yet. */
export function opsServer({ registry, missing }: OpsOptions): Server {
  return createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    const path = pathOf(request);
    if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405, "method not allowed");
    else if (path === "/healthz" || path === "/livez") answer(response, 200, "ok");
    else if (path === "/readyz") {
      const lacks = missing();
      if (lacks.length === 0) answer(response, 200, "ok");
      else answer(response, 503, `not ready: waiting for ${lacks.join(", ")}`);
    } else if (path === "/metrics") answer(response, 200, registry.text(), metricsContentType);
    else answer(response, 404, "not found: there are /metrics, /healthz, /livez, /readyz");
  });
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?")[0] ?? "/";
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
