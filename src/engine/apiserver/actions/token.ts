/** Tokens for service accounts that end after a while (`kubectl create token`). */

import { serviceAccount } from "../../../model/kinds/core/serviceaccount/serviceaccount.ts";
import { badRequest, notFound } from "../api-errors.ts";
import { tokenIssuer, type ServiceAccountTokens } from "../auth/service-account-tokens.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import { entryKey } from "../parts.ts";
import type { Action } from "./action.ts";

const defaultSeconds = 3600;
const minSeconds = 600;
const maxSeconds = 30 * 24 * 3600;

export function tokenAction(tokens: ServiceAccountTokens): Action {
  return async ({ parts, namespace, name, body }) => {
    const entry = parts.store.get(entryKey({ kind: serviceAccount, namespace, name }));
    if (entry === undefined) throw notFound(serviceAccount, name);
    const { spec } = body as { spec?: { expirationSeconds?: unknown; audiences?: unknown } | null };
    const expiresInSeconds = secondsIn(spec?.expirationSeconds);
    const audiences = audiencesIn(spec?.audiences);
    const account = { name, uid: entry.value.metadata.uid ?? "" };
    const token = await tokens.issue({ namespace, account, expiresInSeconds, audiences });
    const expirationTimestamp = timestamp(parts.clock.now() + expiresInSeconds * 1000);
    const answer = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name, namespace },
      spec: { audiences, expirationSeconds: expiresInSeconds },
      status: { token, expirationTimestamp },
    };
    return answer;
  };
}

function secondsIn(given: unknown): number {
  if (given === undefined || given === null) return defaultSeconds;
  if (typeof given === "number" && Number.isInteger(given) && given >= minSeconds && given <= maxSeconds)
    return given;
  throw badRequest(`spec.expirationSeconds must be a whole number from ${minSeconds} to ${maxSeconds}`);
}

/** The server itself, unless the token is meant for somebody else. */
function audiencesIn(given: unknown): string[] {
  const named = Array.isArray(given) ? given.filter((audience) => typeof audience === "string") : [];
  return named.length === 0 ? [tokenIssuer] : named;
}
