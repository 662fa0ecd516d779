/**
 * `GET /-/addon-backups/NAMESPACE/NAME` gives the data of a backup to whoever may `get` its subresource `data`, with an
 * API token. For `nagi addons backups download`.
 */

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isAllowed, tokenOf, userOfToken } from "../../../client/access.ts";
import type { Client } from "../../../client/client.ts";
import { findObject } from "../../../client/find-object.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { HttpHandler } from "../../../lib/http-handler.ts";
import { addonBackup, type AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import type { BackupPlaces } from "./backup-places.ts";

export class BackupHandler implements HttpHandler {
  readonly prefix = "/-/addon-backups";
  readonly #client: Client;
  readonly #places: BackupPlaces;

  constructor(client: Client, places: BackupPlaces) {
    this.#client = client;
    this.#places = places;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, message] = await this.#answer(request, response);
    if (message === undefined) return;
    if (response.headersSent) return void response.destroy(new Error(message));
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(`${JSON.stringify({ message })}\n`);
  }

  /** No message: it has been answered. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<readonly [number, string?]> {
    const user = await userOfToken(this.#client, tokenOf(request.headers.authorization) ?? "");
    if (user === undefined) return [401, "log in with your API token"];
    if (request.method !== "GET") return [405, "use GET"];
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const [namespace = "", name = "", ...rest] = path.slice(this.prefix.length + 1).split("/");
    if (namespace === "" || name === "" || rest.length > 0) return [404, "ask for NAMESPACE/NAME"];
    const resource = { group: "nagi.dev", resource: "addonbackups", subresource: "data", namespace, name };
    // All data of the add-on is in it, as a secret's is in the secret.
    if (!(await isAllowed(this.#client, user, { verb: "get", ...resource })))
      return [
        403,
        `${user.username} may not read backups of namespace ${namespace}: no right to get addonbackups/data`,
      ];
    const backup = await findObject(this.#client, addonBackup, { namespace, name });
    if (backup === undefined) return [404, `there is no backup ${name} in namespace ${namespace}`];
    const { phase = "Pending", message } = backup.status ?? {};
    if (phase !== "Complete")
      return [409, `backup ${name} is ${phase}, not Complete${message === undefined ? "" : `: ${message}`}`];
    try {
      await this.#send(backup, response);
      return [200];
    } catch (error) {
      return [502, `cannot read backup ${name}: ${messageOf(error)}`];
    }
  }

  async #send(backup: AddonBackup, response: ServerResponse): Promise<void> {
    const { file = "", sizeBytes = 0 } = backup.status ?? {};
    const ended = new AbortController();
    response.once("close", () => ended.abort());
    if (response.closed) ended.abort();
    const place = await this.#places.get(backup);
    const type = "application/octet-stream";
    for await (const chunk of place.read(file, ended.signal)) {
      // Not before there is some: until then a failure has an answer of its own.
      if (!response.headersSent)
        response.writeHead(200, { "content-type": type, "content-length": sizeBytes });
      if (!response.write(chunk)) await once(response, "drain", { signal: ended.signal });
    }
    response.end();
  }
}
