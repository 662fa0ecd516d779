/** Whose token is it? Asks each source in turn and remembers answers for a moment. */

import { createHmac, randomBytes } from "node:crypto";
import type { UserInfo } from "../../../client/user.ts";
import type { Clock } from "../../../lib/clock.ts";
import { authenticatedGroup } from "./authorizer.ts";

/** One kind of token; undefined when it is not one of its own or not valid. */
export interface TokenSource {
  userOf(token: string): Promise<UserInfo | undefined> | UserInfo | undefined;
}

export interface Authenticator {
  authenticate(token: string): Promise<UserInfo | undefined>;
}

export interface AuthenticatorOptions {
  readonly sources: readonly TokenSource[];
  readonly clock: Clock;
  readonly maxCached: number;
}

/** So a revoked token works at most this much longer. */
const rememberMs = 5_000;
/** Longer ones are refused unread. */
const maxTokenLength = 16 * 1024;

export function createAuthenticator({ sources, clock, maxCached }: AuthenticatorOptions): Authenticator {
  // Tokens are looked up by a keyed digest: how long a look-up takes tells nothing of the tokens that exist.
  const key = randomBytes(32);
  const cache = new Map<string, { user: UserInfo; untilMs: number }>();
  const ask = async (token: string): Promise<UserInfo | undefined> => {
    for (const source of sources) {
      const user = await source.userOf(token);
      if (user !== undefined) return authenticatedUser(user);
    }
    return undefined;
  };
  return {
    async authenticate(token) {
      if (token === "" || token.length > maxTokenLength) return undefined;
      const digest = createHmac("sha256", key).update(token).digest("base64");
      const known = cache.get(digest);
      if (known !== undefined && known.untilMs > clock.now()) return known.user;
      cache.delete(digest);
      const user = await ask(token);
      if (user === undefined) return undefined;
      const [oldest] = cache.keys();
      if (cache.size >= maxCached && oldest !== undefined) cache.delete(oldest);
      cache.set(digest, { user, untilMs: clock.now() + rememberMs });
      return user;
    },
  };
}

/** Everyone who has shown who they are is in this group, so that rules can speak of them all. */
export function authenticatedUser(user: UserInfo): UserInfo {
  return user.groups.includes(authenticatedGroup)
    ? user
    : { ...user, groups: [...user.groups, authenticatedGroup] };
}
