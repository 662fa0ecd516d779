/**
 * `GET /-/metrics` is for Prometheus, `GET /-/metrics/NAMESPACE/APP?seconds=3600` for `nagi metrics`. Who may list all apps
 * may scrape, and who shows the token that is for that; who may see an app, its numbers.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { isAllowed, tokenOf, userOfToken } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import { metricsContentType } from "../../lib/metrics.ts";
import { expositionText, type OwnUse } from "./exposition.ts";
import type { Metrics } from "./metrics.ts";
import { isScrapeToken } from "./scrape-token.ts";

const usualSeconds = 3600;

interface Answer {
  readonly status: number;
  readonly body: object | string;
}

export class MetricsHandler implements HttpHandler {
  readonly prefix = "/-/metrics";
  readonly #client: Client;
  readonly #metrics: Metrics;
  readonly #ownUse: () => OwnUse;

  constructor(client: Client, metrics: Metrics, ownUse: () => OwnUse) {
    this.#client = client;
    this.#metrics = metrics;
    this.#ownUse = ownUse;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#answer(request);
    const isText = typeof body === "string";
    const headers = { "content-type": isText ? metricsContentType : "application/json" };
    response.writeHead(status, headers).end(isText ? body : `${JSON.stringify(body)}\n`);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== "GET") return refused(405, "use GET");
    const url = new URL(request.url ?? "", "http://localhost");
    const token = tokenOf(request.headers.authorization) ?? "";
    const isScrape = url.pathname === this.prefix;
    if (isScrape && token !== "" && (await isScrapeToken(this.#client, token)))
      return { status: 200, body: this.#exposition() };
    const user = await userOfToken(this.#client, token);
    if (user === undefined) return refused(401, "show an API token: Authorization: Bearer TOKEN");
    const [namespace, name, ...more] = url.pathname.slice(this.prefix.length).split("/").filter(Boolean);
    if (more.length > 0 || (namespace !== undefined && name === undefined))
      return refused(404, "there are /-/metrics and /-/metrics/NAMESPACE/APP");
    const verb = name === undefined ? "list" : "get";
    if (
      !(await isAllowed(this.#client, user, { verb, group: "nagi.dev", resource: "apps", namespace, name }))
    )
      return refused(
        403,
        `${user.username} may not ${verb} apps${namespace === undefined ? " of all namespaces" : ` in ${namespace}`}`,
      );
    if (namespace === undefined || name === undefined) return { status: 200, body: this.#exposition() };
    const seconds = Number(url.searchParams.get("seconds") ?? usualSeconds);
    if (!Number.isFinite(seconds) || seconds <= 0)
      return refused(400, `seconds is ${url.searchParams.get("seconds")}: must be a number above 0`);
    const found = this.#metrics.appMetrics(namespace, name, seconds * 1000);
    return found === undefined
      ? refused(404, `there is no app ${name} in namespace ${namespace}`)
      : { status: 200, body: found };
  }

  #exposition(): string {
    return expositionText(this.#metrics.exposed(), this.#ownUse());
  }
}

function refused(status: number, message: string): Answer {
  return { status, body: { message } };
}
