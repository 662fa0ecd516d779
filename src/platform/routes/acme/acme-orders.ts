/** Which certificates are wanted of ACME authorities, what is there of each, and when the next is due. Pure. */

import { createHash, X509Certificate } from "node:crypto";
import { backoffDelayMs } from "../../../lib/backoff.ts";
import type { Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import { acmeSettings, certificateType, type AcmeSettings } from "../../../model/kinds/route/route/acme.ts";
import type { Route } from "../../../model/kinds/route/route/route.ts";
import type { Condition } from "../../../model/meta.ts";
import { decodeText } from "../../../lib/base64.ts";

export type AcmeOwner = Route | Ingress;

export interface AcmeOrder extends AcmeSettings {
  /** Who want it, and are told. */
  readonly owners: readonly AcmeOwner[];
  readonly namespace: string;
  /** Of type kubernetes.io/tls. */
  readonly secretName: string;
  /** Hosts, perhaps `*.example.com`. */
  readonly names: readonly string[];
}

/** What was tried of an order. */
export interface AcmeAttempt {
  /** What was asked for: an order that asks for something else is tried at once. */
  readonly asked: string;
  /** 0 when the last one was a success. */
  readonly failures: number;
  /** How often in a row the same was issued before it was time. */
  readonly issued?: number | undefined;
  /** When what was issued last is to be renewed. */
  readonly renewMs?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly nextMs: number;
  readonly error: string;
}

/** Marks Secrets that are kept here; others are never written. */
export const acmeLabel = "nagi.dev/acme";

export const tlsSecretType = "kubernetes.io/tls";

/** Where an authority asks over HTTP. */
export const challengePath = "/.well-known/acme-challenge";

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const dayMs = 24 * 60 * 60_000;
const renewBeforeMs = 30 * dayMs;
/** Authorities let few failures of a name pass in an hour. */
const retry = { baseMs: 5 * 60_000, capMs: dayMs / 2 };

export function acmeOrderOf(
  owner: AcmeOwner,
  secretName: string,
  names: readonly string[],
): AcmeOrder | undefined {
  const settings = acmeSettings(owner);
  if (settings === undefined || names.length === 0) return undefined;
  return { ...settings, owners: [owner], namespace: owner.metadata.namespace ?? "", secretName, names };
}

export function orderKey({ namespace, secretName }: AcmeOrder): string {
  return `${namespace}/${secretName}`;
}

export function askedOf({
  names,
  server,
  email = "",
  dnsHook = "",
  externalAccount,
  requested,
}: AcmeOrder): string {
  const account = externalAccount === undefined ? [] : [externalAccount];
  return [...names.toSorted(), server, email, dnsHook, ...account, requested].join(" ");
}

/** Its time is when the certificate was asked for. */
export function conditionFor(
  owner: AcmeOwner,
  told: Readonly<Pick<Condition, "status" | "reason" | "message">>,
): Condition {
  const requested = acmeSettings(owner)?.requested ?? "";
  return {
    type: certificateType,
    ...(isTime.test(requested) ? { lastUpdateTime: requested } : {}),
    ...told,
  };
}

export type OrderState =
  | { readonly state: "kept"; readonly message: string; readonly lookAgainMs: number }
  | { readonly state: "due"; readonly hasCertificate: boolean }
  | {
      readonly state: "waiting";
      readonly hasCertificate: boolean;
      readonly message: string;
      readonly lookAgainMs: number;
    };

/** `lookAgainMs` is a time, in milliseconds since the epoch. */
export function stateOf(
  order: AcmeOrder,
  secret: Secret | undefined,
  attempt: AcmeAttempt | undefined,
  nowMs: number,
): OrderState {
  const certificate = secret === undefined ? undefined : certificateOf(secret);
  const fits = certificate !== undefined && order.names.every((name) => isFor(certificate, name));
  if (secret !== undefined && !isOurs(secret))
    return { state: "kept", message: notOurs(order), lookAgainMs: Number.POSITIVE_INFINITY };
  const isAnew = attempt !== undefined && attempt.asked !== askedOf(order);
  const isRequested = isAnew && attempt.failures > 0;
  const renewMs = certificate === undefined ? 0 : renewalMs(certificate);
  const isGood = fits && nowMs < renewMs;
  if (isGood && !isRequested && secret?.metadata.labels?.[acmeLabel] === labelFor(order)) {
    const message = `of ${certificate.issuer.replaceAll("\n", ", ")}, until ${day(certificate.validToDate)}, renewed from ${day(new Date(renewMs))}`;
    return { state: "kept", message, lookAgainMs: renewMs };
  }
  const hasCertificate = fits && certificate.validToDate.getTime() > nowMs;
  if (attempt === undefined || isAnew || attempt.nextMs <= nowMs) return { state: "due", hasCertificate };
  const next = `the next is at ${new Date(attempt.nextMs).toISOString()}`;
  const message =
    attempt.failures === 0
      ? `what was issued is gone from secret ${order.secretName} again and again, ${next}`
      : `attempt ${attempt.failures} failed, ${next}: ${attempt.error}`;
  return { state: "waiting", hasCertificate, message, lookAgainMs: attempt.nextMs };
}

/** A label's value cannot be a URL: what says whether it is another authority now. */
export function labelFor({ server }: AcmeOrder): string {
  return createHash("sha256").update(server).digest("hex").slice(0, 12);
}

export function failed(
  order: AcmeOrder,
  before: AcmeAttempt | undefined,
  error: string,
  nowMs: number,
): AcmeAttempt {
  const asked = askedOf(order);
  const failures = (before?.asked === asked ? before.failures : 0) + 1;
  return { asked, failures, nextMs: nowMs + backoffDelayMs(retry, failures), error };
}

/**
 * What is asked for again before it is time, since its Secret does not last, is asked for at once the first time, and then as
 * seldom as after failures: authorities count what they give, too.
 */
export function issued(
  order: AcmeOrder,
  before: AcmeAttempt | undefined,
  certificate: string,
  nowMs: number,
): AcmeAttempt {
  const asked = askedOf(order);
  const renewMs = renewalMs(new X509Certificate(certificate));
  const times = before?.failures === 0 && before.asked === asked ? (before.issued ?? 0) + 1 : 1;
  const isInTime = before?.renewMs !== undefined && nowMs >= before.renewMs;
  const issuedTimes = isInTime ? 1 : times;
  const nextMs = Math.min(renewMs, nowMs + backoffDelayMs(retry, issuedTimes - 1));
  return { asked, failures: 0, issued: issuedTimes, renewMs, nextMs, error: "" };
}

/** What may be written; the type of a Secret never changes. */
export function isOurs({ metadata, type }: Secret): boolean {
  return metadata.labels?.[acmeLabel] !== undefined && type === tlsSecretType;
}

export function notOurs({ secretName }: Pick<AcmeOrder, "secretName">): string {
  return `secret ${secretName} was not made here and is left as it is`;
}

/** 30 days before the end, or when a third of a shorter life is left. */
function renewalMs({ validFromDate, validToDate }: X509Certificate): number {
  const end = validToDate.getTime();
  return end - Math.min(renewBeforeMs, (end - validFromDate.getTime()) / 3);
}

const parsed = new WeakMap<Secret, { readonly certificate: X509Certificate | undefined }>();

function certificateOf(secret: Secret): X509Certificate | undefined {
  const known = parsed.get(secret);
  if (known !== undefined) return known.certificate;
  let certificate: X509Certificate | undefined;
  try {
    certificate = new X509Certificate(decodeText(secret.data?.["tls.crt"]));
  } catch {
    // As good as none.
  }
  parsed.set(secret, { certificate });
  return certificate;
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return certificate.checkHost(name.replace(/^\*\./, "any.")) !== undefined;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
