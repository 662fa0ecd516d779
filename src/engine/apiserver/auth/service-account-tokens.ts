/**
 * Tokens of service accounts: signed statements (JWT, ES256) that name the account and its identity. A token is
 * good while its account, and the Secret that holds it, are the ones it was made for.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { join } from "node:path";
import type { UserInfo } from "../../../client/user.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Store } from "../../store/store.ts";
import { readIfThere, writePrivate } from "../../../lib/private-files.ts";
import type { TokenSource } from "./authenticator.ts";

export interface ServiceAccountTokensOptions {
  readonly directory: string;
  readonly store: Store;
  readonly clock: Clock;
}

/** An object that a token stands and falls with. */
export interface BoundObject {
  readonly name: string;
  readonly uid: string;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly account: BoundObject;
  readonly secret?: BoundObject | undefined;
  /** Absent: until the account goes. */
  readonly expiresInSeconds?: number | undefined;
  readonly audiences?: readonly string[] | undefined;
}

export interface ServiceAccountTokens extends TokenSource {
  issue(request: TokenRequest): Promise<string>;
}

interface Claims {
  readonly namespace: string;
  readonly serviceaccount: BoundObject;
  readonly secret?: BoundObject | undefined;
}

const algorithm = "ES256";
const keyFile = "service-account.key";
const claimName = "kubernetes.io";
export const tokenIssuer = "https://kubernetes.default.svc.cluster.local";

export async function openServiceAccountTokens(
  options: ServiceAccountTokensOptions,
): Promise<ServiceAccountTokens> {
  const { signing, checking } = await openKeys(join(options.directory, keyFile));
  const { clock, store } = options;
  return {
    issue: (request) => sign(signing, request, clock.now()),
    async userOf(token) {
      if (token.split(".").length !== 3) return undefined;
      const claims = await verify(checking, token, clock.now());
      return claims !== undefined && stands(store, claims) ? userOf(claims) : undefined;
    },
  };
}

async function openKeys(path: string): Promise<{ signing: KeyObject; checking: KeyObject }> {
  let pem = await readIfThere(path);
  if (pem === undefined) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    pem = privateKey.export({ type: "pkcs8", format: "pem" });
    await writePrivate(path, pem);
  }
  return { signing: createPrivateKey(pem), checking: createPublicKey(pem) };
}

/** Loaded at the first token: most platforms idle without one. */
const jose = (): Promise<typeof import("jose")> => import("jose");

async function sign(key: KeyObject, request: TokenRequest, nowMs: number): Promise<string> {
  const { SignJWT } = await jose();
  const { namespace, account, secret, expiresInSeconds, audiences } = request;
  const claims: Claims = {
    namespace,
    serviceaccount: { name: account.name, uid: account.uid },
    ...(secret === undefined ? {} : { secret }),
  };
  const nowSeconds = Math.floor(nowMs / 1000);
  const statement = new SignJWT({ [claimName]: claims })
    .setProtectedHeader({ alg: algorithm })
    .setIssuer(tokenIssuer)
    .setAudience([...(audiences ?? [tokenIssuer])])
    .setSubject(usernameOf(claims))
    .setIssuedAt(nowSeconds);
  if (expiresInSeconds !== undefined) statement.setExpirationTime(nowSeconds + expiresInSeconds);
  return await statement.sign(key);
}

async function verify(key: KeyObject, token: string, nowMs: number): Promise<Claims | undefined> {
  const { jwtVerify } = await jose();
  try {
    const options = { issuer: tokenIssuer, audience: tokenIssuer, algorithms: [algorithm] };
    const { payload } = await jwtVerify(token, key, { ...options, currentDate: new Date(nowMs) });
    return payload[claimName] as Claims | undefined;
  } catch {
    // Expired, forged or not a token at all: whatever it is, it proves nothing.
    return undefined;
  }
}

function stands(store: Store, { namespace, serviceaccount, secret }: Claims): boolean {
  const has = (resource: string, { name, uid }: BoundObject): boolean => {
    const metadata = store.get({ resource, namespace, name })?.value.metadata;
    return metadata?.uid === uid && metadata.deletionTimestamp === undefined;
  };
  return has("serviceaccounts", serviceaccount) && (secret === undefined || has("secrets", secret));
}

function usernameOf({ namespace, serviceaccount }: Claims): string {
  return `system:serviceaccount:${namespace}:${serviceaccount.name}`;
}

function userOf(claims: Claims): UserInfo {
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${claims.namespace}`];
  return { username: usernameOf(claims), uid: claims.serviceaccount.uid, groups };
}
