/**
 * Takes in sources for builds: `POST /sources` with a tar, plain or gzipped, answers with its id, which a Build
 * names in `spec.source.binary.asFile`. For `nagi deploy --dir`.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { isAllowed, tokenOf, userOfToken } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import { messageOf } from "../../lib/errors.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import { SourceTooLargeError, type SourceStore } from "../../lib/source-store.ts";

/** Uploads at a time; further ones are asked to come back. */
const maxConcurrent = 16;
/** What is left of a refused upload is taken for this long. */
const refusedUploadMs = 60_000;

export interface SourcesHandlerOptions {
  readonly client: Client;
  readonly sources: SourceStore;
}

export class SourcesHandler implements HttpHandler {
  readonly prefix = "/sources";
  readonly #options: SourcesHandlerOptions;
  #running = 0;

  constructor(options: SourcesHandlerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://sources");
    if (url.pathname !== "/sources") return answer(response, 404, { message: "there is nothing here" });
    if (request.method !== "POST") return answer(response, 405, { message: "use POST" });
    const namespace = url.searchParams.get("namespace") ?? "default";
    const refusal = await this.#refusal(request, namespace);
    if (refusal !== undefined) return answer(response, refusal.status, { message: refusal.message });
    if (this.#running >= maxConcurrent) {
      return answer(response, 503, { message: "too many uploads at once: try again in a moment" });
    }
    this.#running += 1;
    try {
      const { id, sizeBytes } = await this.#options.sources.put(contentOf(request));
      answer(response, 201, { id, sizeBytes });
    } catch (error) {
      if (!request.destroyed || !response.writableEnded)
        answer(response, statusOf(error), { message: messageOf(error) });
    } finally {
      this.#running -= 1;
    }
  }

  /** Who may make builds may bring their sources. */
  async #refusal(
    request: IncomingMessage,
    namespace: string,
  ): Promise<{ readonly status: number; readonly message: string } | undefined> {
    const { client } = this.#options;
    const user = await userOfToken(client, tokenOf(request.headers.authorization) ?? "");
    if (user === undefined) return { status: 401, message: "log in with your API token" };
    const action = { verb: "create", group: "build.openshift.io", resource: "builds", namespace };
    if (await isAllowed(client, user, action)) return undefined;
    return { status: 403, message: `${user.username} may not make builds in namespace ${namespace}` };
  }
}

/** What the uploader did wrong, unless it is the disk that is full. */
function statusOf(error: unknown): number {
  if (error instanceof SourceTooLargeError) return 413;
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" ? 507 : 400;
}

/** What is uploaded, unpacked. When nobody wants it any more the rest is thrown away, so that the answer is heard. */
function contentOf(request: IncomingMessage): Readable {
  const content = new PassThrough();
  const gunzip = /^(x-)?gzip$/.test(request.headers["content-encoding"] ?? "") ? createGunzip() : undefined;
  for (const stream of [request, gunzip]) stream?.on("error", (error) => content.destroy(error));
  if (gunzip === undefined) request.pipe(content);
  else request.pipe(gunzip).pipe(content);
  content.on("close", () => {
    request.unpipe();
    request.resume();
  });
  // Gone before anybody listened.
  if (request.destroyed) content.destroy(new Error("the upload ended early"));
  return content;
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return;
  const { req: request } = response;
  if (status >= 400) {
    response.setHeader("connection", "close");
    // Who uploads hears the answer when all is sent; who sends without end is cut off.
    request.resume();
    const cut = setTimeout(() => request.destroy(), refusedUploadMs);
    request.once("close", () => clearTimeout(cut));
  }
  if (status === 401) response.setHeader("www-authenticate", 'Bearer realm="Nagi"');
  response.writeHead(status, { "content-type": "application/json" });
  const end = (): void => void response.end(`${JSON.stringify(body)}\n`);
  if (status < 400 || request.complete || request.destroyed) end();
  else request.once("close", end).once("end", end);
}
