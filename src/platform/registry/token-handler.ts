/**
 * Gives out the registry's tokens (`GET /registry/token?service=...&scope=...`): who shows an API token gets the
 * rights that it asks for as far as its owner has them.
 */

import { randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basicCredentials, isAllowed, tokenOf, userOfToken } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import type { Logger } from "../../lib/log.ts";
import { tokenIssuer, tokenService } from "./registry-config.ts";
import { actionOf, maxScopes, parseScope, type Scope } from "./scope.ts";
import type { SigningKey } from "./signing-key.ts";

/** Long enough for the push of a large image. */
const tokenSeconds = 3600;
const clockSkewSeconds = 60;

export interface InternalCredentials {
  readonly username: string;
  readonly password: string;
}

export interface TokenHandlerOptions {
  readonly client: Client;
  readonly key: SigningKey;
  /** Of Nagi's own components, which may do everything. */
  readonly internal: InternalCredentials;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Says what the asker may do of what it asks for. */
type Grant = (scope: Scope, action: string) => Promise<boolean>;

export class TokenHandler implements HttpHandler {
  readonly prefix = "/registry/";
  readonly #options: TokenHandlerOptions;

  constructor(options: TokenHandlerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://registry");
    if (url.pathname !== "/registry/token") return answer(response, 404, { details: "not found" });
    if (request.method !== "GET") return answer(response, 405, { details: "use GET" });
    const grant = await this.#grantOf(request.headers.authorization);
    if (grant === undefined) {
      response.setHeader("www-authenticate", 'Basic realm="Nagi"');
      return answer(response, 401, {
        details: "log in with any user name and your API token as the password",
      });
    }
    const asked = url.searchParams.getAll("scope").flatMap((text) => text.split(" "));
    if (asked.length > maxScopes) return answer(response, 400, { details: "too many scopes" });
    const access: Scope[] = [];
    for (const text of asked) {
      const scope = parseScope(text);
      if (scope !== undefined) access.push({ ...scope, actions: await granted(scope, grant) });
    }
    const token = await this.#sign(grant.subject, access);
    const issued = new Date(this.#options.clock.now()).toISOString();
    answer(response, 200, { token, access_token: token, expires_in: tokenSeconds, issued_at: issued });
  }

  async #grantOf(header: string | undefined): Promise<(Grant & { subject: string }) | undefined> {
    const { client, internal } = this.#options;
    const basic = basicCredentials(header);
    if (basic?.username === internal.username && isSame(basic.password, internal.password)) {
      return Object.assign(() => Promise.resolve(true), { subject: internal.username });
    }
    const user = await userOfToken(client, tokenOf(header) ?? "");
    if (user === undefined) return undefined;
    const grant: Grant = async (scope, action) => {
      const wanted = actionOf(scope, action);
      return wanted !== undefined && (await isAllowed(client, user, wanted));
    };
    return Object.assign(grant, { subject: user.username });
  }

  async #sign(subject: string, access: readonly Scope[]): Promise<string> {
    // Loaded at the first token: an idle platform needs none.
    const { SignJWT } = await import("jose");
    const { key, clock } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    return await new SignJWT({ access })
      .setProtectedHeader({ alg: "ES256", typ: "JWT", x5c: [key.certificate] })
      .setIssuer(tokenIssuer)
      .setSubject(subject)
      .setAudience(tokenService)
      .setIssuedAt(now)
      .setNotBefore(now - clockSkewSeconds)
      .setExpirationTime(now + tokenSeconds)
      .setJti(randomUUID())
      .sign(key.privateKey);
  }
}

async function granted(scope: Scope, grant: Grant): Promise<string[]> {
  const actions: string[] = [];
  for (const action of new Set(scope.actions)) if (await grant(scope, action)) actions.push(action);
  return actions;
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(text);
}
