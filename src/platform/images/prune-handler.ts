/**
 * `POST /-/images/prune` plans what of the registry would go; with `confirm` it goes. For `nagi images prune`. Whoever
 * may delete images of a namespace in the registry may do it there.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { isAllowed, tokenOf, userOfToken } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import { messageOf } from "../../lib/errors.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import type { Pruner, PruneRequest } from "./prune.ts";

const bodyMaxBytes = 64 * 1024;

interface Asked extends PruneRequest {
  readonly confirm: boolean;
}

export class PruneHandler implements HttpHandler {
  readonly prefix = "/-/images/prune";
  readonly #client: Client;
  readonly #pruner: Pruner;

  constructor(client: Client, pruner: Pruner) {
    this.#client = client;
    this.#pruner = pruner;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await this.#answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, object]> {
    const user = await userOfToken(this.#client, tokenOf(request.headers.authorization) ?? "");
    if (user === undefined) return [401, { message: "log in with your API token" }];
    if (request.method !== "POST") return [405, { message: "use POST" }];
    const asked = askedIn(await readText(request));
    if (typeof asked === "string") return [400, { message: asked }];
    const { confirm, ...wanted } = asked;
    const { namespace } = wanted;
    const verb = confirm ? "delete" : "get";
    const resource = { group: "image.openshift.io", resource: "imagestreams", subresource: "layers" };
    if (!(await isAllowed(this.#client, user, { verb, ...resource, namespace }))) {
      const where = namespace === undefined ? "of all namespaces" : `in namespace ${namespace}`;
      const what = confirm ? "remove images" : "see what images";
      return [
        403,
        { message: `${user.username} may not ${what} ${where}: no right to ${verb} imagestreams/layers` },
      ];
    }
    try {
      const plan = confirm ? await this.#pruner.prune(wanted, "Asked") : await this.#pruner.plan(wanted);
      return [200, plan];
    } catch (error) {
      return [503, { message: `${messageOf(error)}. What was done stays; try again` }];
    }
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) {
    if (text.length <= bodyMaxBytes) text += chunk;
  }
  return text.length <= bodyMaxBytes ? text : "";
}

/** A text says what is wrong. */
function askedIn(text: string): Asked | string {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return "the body must be JSON";
  }
  if (typeof given !== "object" || given === null) return "the body must be a JSON object";
  const fields = given as Readonly<Record<string, unknown>>;
  for (const name of ["namespace", "stream"])
    if (fields[name] !== undefined && typeof fields[name] !== "string") return `${name} must be a text`;
  for (const [name, min] of [
    ["keepYoungerThanSeconds", 0],
    ["keepTagRevisions", 1],
  ] as const) {
    const value = fields[name];
    if (value !== undefined && (!Number.isSafeInteger(value) || Number(value) < min))
      return `${name} must be a whole number from ${min} on, not ${JSON.stringify(value)}`;
  }
  if (fields["stream"] !== undefined && fields["namespace"] === undefined)
    return "a stream needs its namespace";
  return { ...(given as PruneRequest), confirm: fields["confirm"] === true };
}
