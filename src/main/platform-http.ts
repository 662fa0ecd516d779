/** The HTTP side of the platform half: git, uploads, registry tokens and logs on one loopback port. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { HttpHandler } from "../lib/http-handler.ts";
import type { Logger } from "../lib/log.ts";

const headersTimeoutMs = 30_000;
/** A push of a large repository over a slow line may take long; a build answers into it. */
const requestTimeoutMs = 2 * 3600_000;

export interface PlatformHttpOptions {
  readonly port: number;
  /** The first whose prefix fits answers: longer prefixes first. */
  readonly handlers: readonly HttpHandler[];
  readonly log: Logger;
}

export interface PlatformHttp {
  close(): Promise<void>;
}

export async function listenPlatformHttp({
  port,
  handlers,
  log,
}: PlatformHttpOptions): Promise<PlatformHttp> {
  const ordered = handlers.toSorted((a, b) => b.prefix.length - a.prefix.length);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const handler = ordered.find(({ prefix }) => isBelow(path, prefix));
    if (handler !== undefined) return await handler.handle(request, response);
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
    response.end(`Nothing is at ${path}. Apps answer at their own addresses; see: nagi routes\n`);
  };
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        log.error("a request to the platform failed", { url: request.url, error });
        if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
        response.end("Nagi failed to answer; its log says why\n");
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An app named sources has its repository at /sources.git, which is not below /sources. */
function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}
