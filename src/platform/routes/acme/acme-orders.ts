/** Which certificates are wanted of ACME authorities, what is there of each, and when the next is due. Pure. */

import { createHash, X509Certificate } from "node:crypto";
import { backoffDelayMs } from "../../../lib/backoff.ts";
import type { Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import { acmeSettings, type AcmeSettings } from "../../../model/kinds/route/route/acme.ts";
import type { Route } from "../../../model/kinds/route/route/route.ts";
import { decodeText } from "../../../lib/base64.ts";

export interface AcmeOrder extends AcmeSettings {
  /** Who wants it, and is told. */
  readonly owner: Route | Ingress;
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
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly nextMs: number;
  readonly error: string;
}

/** Marks Secrets that are kept here; others are never written. */
export const acmeLabel = "nagi.dev/acme";

/** Where an authority asks over HTTP. */
export const challengePath = "/.well-known/acme-challenge";

const dayMs = 24 * 60 * 60_000;
const renewBeforeMs = 30 * dayMs;
/** Authorities let few failures of a name pass in an hour. */
const retry = { baseMs: 5 * 60_000, capMs: dayMs / 2 };

export function acmeOrderOf(
  owner: Route | Ingress,
  secretName: string,
  names: readonly string[],
): AcmeOrder | undefined {
  const settings = acmeSettings(owner);
  if (settings === undefined || names.length === 0) return undefined;
  return { ...settings, owner, namespace: owner.metadata.namespace ?? "", secretName, names };
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
  const isOurs = secret?.metadata.labels?.[acmeLabel] !== undefined;
  const fits = certificate !== undefined && order.names.every((name) => isFor(certificate, name));
  if (secret !== undefined && !isOurs) {
    const message = `secret ${order.secretName} was not made here and is left as it is`;
    return { state: "kept", message, lookAgainMs: Number.POSITIVE_INFINITY };
  }
  const isRequested = attempt !== undefined && attempt.asked !== askedOf(order);
  const renewMs = certificate === undefined ? 0 : renewalMs(certificate);
  const isGood = fits && nowMs < renewMs;
  if (isGood && !isRequested && secret?.metadata.labels?.[acmeLabel] === labelFor(order)) {
    const message = `of ${certificate.issuer.replaceAll("\n", ", ")}, until ${day(certificate.validToDate)}, renewed from ${day(new Date(renewMs))}`;
    return { state: "kept", message, lookAgainMs: renewMs };
  }
  const hasCertificate = fits && certificate.validToDate.getTime() > nowMs;
  if (attempt === undefined || isRequested || attempt.nextMs <= nowMs)
    return { state: "due", hasCertificate };
  const message = `attempt ${attempt.failures} failed, the next is at ${new Date(attempt.nextMs).toISOString()}: ${attempt.error}`;
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
