/** What a route shows over TLS, for people. Pure. */

import { certificatesIn, misfit, namesOf } from "../../lib/certificates/certificate-check.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { authorityOf, certificateCondition } from "./acme-certs.ts";

export interface ShownTls {
  /** Where the certificate comes from, in a word. */
  readonly source: string;
  readonly expires: string;
  /** What is wrong; "" when nothing is. */
  readonly problem: string;
}

const expiresSoonMs = 21 * 24 * 60 * 60_000;

/** `held` is the PEM in the Secret of a route that keeps it there. */
export function shownTls(each: Route, domain: string, held: string | undefined, nowMs: number): ShownTls {
  const { tls } = each.spec;
  const [host = ""] = domain.split("/");
  if (tls === undefined) return { source: "none", expires: "", problem: "" };
  if (tls.termination === "passthrough") return { source: "the app's", expires: "", problem: "" };
  const authority = authorityOf(each);
  const told = certificateCondition(each);
  const failure = told?.reason === "Failed" ? (told.message ?? "failed") : "";
  const certificate = firstOf(held ?? tls.certificate ?? "");
  if (certificate === undefined)
    return {
      source: "local",
      expires: "renewed by itself",
      problem: authority === undefined ? "" : failure || `waits for ${authority}`,
    };
  const { validToDate } = certificate;
  const expires = validToDate.toISOString().slice(0, 10);
  const isSoon = validToDate.getTime() - nowMs < expiresSoonMs;
  const problem = misfit(certificate, host, nowMs) ?? (isSoon ? "expires soon" : "");
  if (authority !== undefined) return { source: authority, expires, problem: failure };
  return { source: "own", expires, problem };
}

/** Lines of `name: value`. */
export function certificateLines(pem: string, host: string, nowMs: number): readonly (readonly string[])[] {
  const chain = certificatesIn(pem);
  const [certificate] = chain;
  if (certificate === undefined) return [];
  return [
    ["Names:", namesOf(certificate)],
    ["Issued by:", certificate.issuer.replaceAll("\n", ", ")],
    ["Valid:", `${dayOf(certificate.validFromDate)} to ${dayOf(certificate.validToDate)}`],
    ["Key:", certificate.publicKey.asymmetricKeyType ?? "unknown"],
    ["Fingerprint:", certificate.fingerprint256],
    ["Chain:", `${chain.length} certificate${chain.length === 1 ? "" : "s"}`],
    ["Problem:", misfit(certificate, host, nowMs) ?? "none"],
  ];
}

function firstOf(pem: string) {
  try {
    return certificatesIn(pem)[0];
  } catch {
    return undefined;
  }
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
