/**
 * The HTTPS front end. HTTP/1.1 only (see docs/adr/0031): every request is identified, authorised and answered, or
 * refused with a Status; how many are under way at once is bounded.
 */

import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Api } from "../api.ts";
import { methodNotAllowed, noSuchPath, tooManyRequests } from "../api-errors.ts";
import type { BinaryBuilds } from "./binary-build.ts";
import { parseWebhookPath, type BuildWebhooks } from "./build-webhooks.ts";
import type { Document } from "./document.ts";
import type { Documents } from "./documents.ts";
import type { TlsIdentity } from "../../../lib/certificates/certificates.ts";
import type { Exchange } from "./exchange.ts";
import { identify, type Identification } from "./identify.ts";
import { parseResourcePath } from "./path.ts";
import { handleResource } from "./resource-handler.ts";
import { send, sendStatus, statusOf } from "./respond.ts";
import { Upgrades } from "./sessions/upgrade.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls: TlsIdentity;
}

export interface Listening {
  readonly port: number;
  /** New connections get this certificate. */
  renew(tls: TlsIdentity): void;
  close(): Promise<void>;
}

export interface FrontEndOptions {
  readonly api: Api;
  readonly identification: Identification;
  readonly documents: Documents;
  readonly webhooks: BuildWebhooks;
  readonly binaryBuilds?: BinaryBuilds | undefined;
}

export async function listen(
  options: FrontEndOptions,
  { host, port, tls }: ListenOptions,
): Promise<Listening> {
  const { limits } = options.api.parts;
  const frontEnd = new FrontEnd(options);
  const server = createServer(
    {
      ...tls,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      maxHeaderSize: limits.headerBytes,
      requestTimeout: limits.receiveMs,
      headersTimeout: limits.receiveMs,
      keepAliveTimeout: limits.idleMs,
      noDelay: true,
    },
    (request, response) => void frontEnd.handle(request, response),
  );
  server.on("upgrade", (request, socket, head) => void frontEnd.upgrade(request, socket, head));
  server.maxConnections = limits.connections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    renew: (renewed) => server.setSecureContext({ ...renewed, minVersion: "TLSv1.2" }),
    close: () => frontEnd.close(server),
  };
}

function sendDocument(request: IncomingMessage, response: ServerResponse, document: Document): void {
  response.setHeader("Vary", "Accept");
  if (document.etag !== undefined) {
    const etag = `"${document.etag}"`;
    response.setHeader("ETag", etag);
    if (request.headers["if-none-match"] === etag) {
      response.writeHead(304).end();
      return;
    }
  }
  send(response, 200, document.contentType, document.text);
}

class FrontEnd {
  readonly #options: FrontEndOptions;
  readonly #closing = new AbortController();
  readonly #upgrades: Upgrades;
  #requests = 0;
  #streams = 0;

  constructor(options: FrontEndOptions) {
    this.#options = options;
    const { api, identification } = options;
    this.#upgrades = new Upgrades({
      api,
      identification,
      openStream: () => this.#openStream(),
      closing: this.#closing.signal,
    });
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { log, limits } = this.#options.api.parts;
    this.#requests += 1;
    try {
      if (this.#requests > limits.requests) {
        throw tooManyRequests(
          "the server has received too many requests and has asked us to try again later",
        );
      }
      await this.#answer(request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else sendStatus(response, statusOf(error, log));
    } finally {
      this.#requests -= 1;
    }
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#requests += 1;
    try {
      await this.#upgrades.handle(request, socket, head);
    } finally {
      this.#requests -= 1;
    }
  }

  async close(server: Server): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const { clock, limits } = this.#options.api.parts;
    const timer = clock.after(limits.closeMs, () => server.closeAllConnections());
    await closed;
    timer.cancel();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { api, identification, documents, webhooks, binaryBuilds } = this.#options;
    const { method = "GET", url = "/" } = request;
    const at = url.indexOf("?");
    const path = at < 0 ? url : url.slice(0, at);
    const hook = parseWebhookPath(path);
    // Forges have no token: the secret in the path stands for one.
    if (hook !== undefined) return await webhooks.handle(hook, request, response);
    const user = await identify(identification, request, path);
    const resource = parseResourcePath(path);
    if (resource === undefined) {
      api.authorizePath(user, path, method.toLowerCase());
      const document = documents.answer(path, request.headers.accept);
      if (document === undefined) throw noSuchPath();
      if (method !== "GET" && method !== "HEAD") throw methodNotAllowed();
      sendDocument(request, response, document);
      return;
    }
    const exchange: Exchange = {
      api,
      binaryBuilds,
      request,
      response,
      method,
      path,
      query: new URLSearchParams(at < 0 ? "" : url.slice(at + 1)),
      user,
      openStream: () => this.#openStream(),
      closing: this.#closing.signal,
    };
    await handleResource(exchange, resource);
  }

  /** A request that becomes long-lived leaves the count of the others. */
  #openStream(): () => void {
    const { limits } = this.#options.api.parts;
    if (this.#streams >= limits.streams) {
      throw tooManyRequests(`the server already serves ${limits.streams} watches and followed logs`);
    }
    this.#streams += 1;
    this.#requests -= 1;
    return () => {
      this.#streams -= 1;
      this.#requests += 1;
    };
  }
}
