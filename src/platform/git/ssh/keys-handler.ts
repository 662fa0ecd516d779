/**
 * `/-/keys`: the SSH keys of whoever asks. `GET` lists them, `POST` with `{publicKey, title}` adds one, `DELETE
 * /-/keys/TITLE` (or its fingerprint) removes one. No name of an app or namespace begins so.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { tokenOf, userOfToken } from "../../../client/access.ts";
import type { Client } from "../../../client/client.ts";
import type { UserInfo } from "../../../client/user.ts";
import type { HttpHandler } from "../../../lib/http-handler.ts";
import { readJsonBody } from "../../../lib/json-body.ts";
import type { KeyStore, StoredKey } from "./key-store.ts";
import { parsePublicKey } from "./public-key.ts";

const bodyMaxCharacters = 32 * 1024;
const titlePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$/u;

export interface KeysHandlerOptions {
  readonly client: Client;
  readonly keys: KeyStore;
  /** After a change: what sshd reads must say the same before the answer does. */
  readonly onChange: () => Promise<void>;
}

type Answer = readonly [status: number, body: object];

export class KeysHandler implements HttpHandler {
  readonly prefix = "/-/keys";
  readonly #options: KeysHandlerOptions;

  constructor(options: KeysHandlerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await this.#answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { client, keys } = this.#options;
    const user = await userOfToken(client, tokenOf(request.headers.authorization) ?? "");
    if (user === undefined) return refusal(401, "log in with your API token");
    const { pathname } = new URL(request.url ?? "/", "http://keys");
    const name = decoded(pathname.slice(this.prefix.length + 1));
    if (request.method === "GET" && name === "")
      return [200, { items: (await keys.listOf(user)).map(shownKey) }];
    if (request.method === "POST" && name === "")
      return await this.#add(user, await readJsonBody(request, bodyMaxCharacters));
    if (request.method === "DELETE" && name !== "") return await this.#remove(user, name);
    return refusal(405, "use GET or POST /-/keys, or DELETE /-/keys/TITLE");
  }

  async #add(user: UserInfo, body: unknown): Promise<Answer> {
    const { publicKey = "", title: given } = (body ?? {}) as { publicKey?: unknown; title?: unknown };
    const key = typeof publicKey === "string" ? parsePublicKey(publicKey) : "must be a text";
    if (typeof key === "string") return refusal(400, `publicKey: ${key}`);
    const title =
      typeof given === "string" && given !== "" ? given : key.comment || key.fingerprint.slice(7, 19);
    if (!titlePattern.test(title))
      return refusal(
        400,
        `title is ${JSON.stringify(title)}: must be up to 100 letters, digits, blanks and . _ @ + -`,
      );
    const { keys, onChange } = this.#options;
    const problem = await keys.add(user, key, title);
    if (problem !== undefined) return refusal(409, problem);
    await onChange();
    return [201, { title, fingerprint: key.fingerprint }];
  }

  async #remove(user: UserInfo, name: string): Promise<Answer> {
    const { keys, onChange } = this.#options;
    const own = await keys.listOf(user);
    const found = own.find(({ title, fingerprint }) => title === name || fingerprint === name);
    if (found === undefined) return refusal(404, `you have no key ${JSON.stringify(name)}`);
    await keys.remove(found);
    await onChange();
    return [200, shownKey(found)];
  }
}

function shownKey({ title, fingerprint, publicKey, createdAt }: StoredKey): object {
  return { title, fingerprint, publicKey, createdAt };
}

function refusal(status: number, message: string): Answer {
  return [status, { message }];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not how a title is written: none is found.
    return text;
  }
}
