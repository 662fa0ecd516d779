/**
 * Who asks, and whether they may: for parts of the platform that answer HTTP of their own (git, registry,
 * sources). Users show their API token, as a bearer token or as the password of basic authentication; the API
 * server says whose it is and what its owner may do.
 */

import { decodeText } from "../lib/base64.ts";
import { newObject } from "../model/kind.ts";
import { tokenReview, type TokenReview } from "../model/kinds/authentication/tokenreview/tokenreview.ts";
import {
  subjectAccessReview,
  type SubjectAccessReview,
} from "../model/kinds/authorization/subjectaccessreview/subjectaccessreview.ts";
import type { Client } from "./client.ts";
import type { UserInfo } from "./user.ts";

/** Longer headers hold no token of ours. */
const maxHeaderLength = 8192;

/** The token in an Authorization header; undefined when there is none. */
export function tokenOf(header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxHeaderLength) return undefined;
  const [, scheme = "", value = ""] = /^(\S+)\s+(\S+)$/.exec(header.trim()) ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  return scheme.toLowerCase() === "basic" ? basicCredentials(header)?.password : undefined;
}

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

export function basicCredentials(header: string | undefined): BasicCredentials | undefined {
  const value = /^basic\s+(\S+)$/i.exec(header?.trim() ?? "")?.[1];
  if (value === undefined || value.length > maxHeaderLength) return undefined;
  const text = decodeText(value);
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Whose token it is; undefined when it is nobody's. */
export async function userOfToken(client: Client, token: string): Promise<UserInfo | undefined> {
  if (token === "") return undefined;
  const review = await client.create(
    tokenReview,
    newObject<TokenReview>(tokenReview, {}, { spec: { token } }),
  );
  const { authenticated = false, user } = review.status ?? {};
  if (!authenticated || user?.username === undefined) return undefined;
  return { username: user.username, groups: user.groups ?? [], uid: user.uid };
}

/** An action on objects, in the words of a SubjectAccessReview. */
export interface Action {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export async function isAllowed(client: Client, user: UserInfo, action: Action): Promise<boolean> {
  const spec = {
    resourceAttributes: { ...action },
    user: user.username,
    groups: [...user.groups],
    uid: user.uid,
  };
  const asked = newObject<SubjectAccessReview>(subjectAccessReview, {}, { spec });
  const review = await client.create(subjectAccessReview, asked);
  return review.status?.allowed === true;
}
