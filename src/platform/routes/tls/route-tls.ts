/** What a route's `spec.tls` asks of the router, and why it cannot be. Pure. */

import {
  certificateBlocks,
  certificateProblem,
  certificatesIn,
} from "../../../lib/certificates/certificate-check.ts";
import type { Route } from "../../../model/kinds/route/route/route.ts";
import { digestOf } from "./certificate-store.ts";

type Termination = "edge" | "passthrough" | "reencrypt";

export interface RouteTls {
  readonly termination: Termination;
  /** What is done with requests that come without TLS. */
  readonly insecure: "None" | "Allow" | "Redirect";
  /** Undefined for a route without a certificate of its own. */
  readonly own:
    | {
        readonly certificate: string;
        readonly key: string;
        readonly caCertificate?: string | undefined;
      }
    | undefined;
  /** PEM of the authority of the pods' certificates. */
  readonly destinationCa: string | undefined;
}

export function tlsOf({ spec: { tls } }: Route): RouteTls | undefined {
  if (tls === undefined) return undefined;
  const { termination, certificate = "", key = "", caCertificate, destinationCACertificate } = tls;
  const insecure = tls.insecureEdgeTerminationPolicy ?? "";
  return {
    termination,
    insecure: insecure === "" ? "None" : insecure,
    own: certificate === "" || key === "" ? undefined : { certificate, key, caCertificate },
    destinationCa:
      termination === "reencrypt" ? certificateBlocks(destinationCACertificate ?? "").join("\n") : undefined,
  };
}

/** What is there does not change, and certificates are looked at again with every change of anything. */
const checked = new WeakMap<object, { readonly message: string | undefined }>();

/** Undefined when it can be served. */
export function tlsMistake(route: Route): string | undefined {
  const { tls } = route.spec;
  if (tls === undefined) return undefined;
  const known = checked.get(tls);
  if (known !== undefined) return known.message;
  const message = findMistake(route);
  checked.set(tls, { message });
  return message;
}

const fields = { certificate: "certificate", key: "key", chain: "caCertificate" } as const;

function findMistake(route: Route): string | undefined {
  const tls = tlsOf(route);
  if (tls === undefined) return undefined;
  if (tls.termination === "reencrypt") {
    const ca = tls.destinationCa ?? "";
    if (!isCertificates(ca))
      return "spec.tls.destinationCACertificate: must be the authority of the pods' certificates in PEM, since reencrypt checks them";
  }
  if (tls.own === undefined) return undefined;
  const { certificate, key, caCertificate } = tls.own;
  const problem = certificateProblem({ certificate, key, chain: caCertificate });
  return problem === undefined ? undefined : `spec.tls.${fields[problem.part]}: ${problem.message}`;
}

function isCertificates(pem: string): boolean {
  try {
    return certificatesIn(pem).length > 0;
  } catch {
    return false;
  }
}

/** The file of the authority that a reencrypting route's pods are checked with. */
export function destinationCaFile(pem: string): string {
  return `certs/ca-${digestOf(pem)}.crt`;
}
