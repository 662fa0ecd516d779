/** The certificates of Ingresses: which Secret is for which host, and why one cannot be used. Pure. */

import { certificateProblem } from "../../../lib/certificate-check.ts";
import type { Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import type { Route } from "../../../model/kinds/route/route/route.ts";

type Tls = NonNullable<Route["spec"]["tls"]>;
export type Insecure = NonNullable<Tls["insecureEdgeTerminationPolicy"]>;

/** Name of the Secret of a host that answers over TLS, "" for none; undefined for a host that does not. */
export function secretNameFor({ spec: { tls = [] } }: Ingress, host: string): string | undefined {
  const wildcard = host.replace(/^[^.]*/, "*");
  const fits = (names: readonly string[]): boolean => names.includes(host) || names.includes(wildcard);
  const found = tls.find(({ hosts = [] }) => fits(hosts)) ?? tls.find(({ hosts = [] }) => hosts.length === 0);
  return found === undefined ? undefined : (found.secretName ?? "");
}

/** With the local authority's certificate. */
const localTls = new Map<Insecure, Tls>();
/** What is made of a Secret stays the same, as checks of it are remembered. */
const secretTls = new WeakMap<Secret, Map<Insecure, Tls>>();

export function tlsWithout(insecure: Insecure): Tls {
  return remembered(localTls, insecure, {});
}

export function tlsWith(secret: Secret, insecure: Insecure): Tls {
  let known = secretTls.get(secret);
  if (known === undefined) secretTls.set(secret, (known = new Map()));
  const [certificate, key] = pemsOf(secret);
  return remembered(known, insecure, { certificate, key });
}

function remembered(known: Map<Insecure, Tls>, insecure: Insecure, own: Partial<Tls>): Tls {
  const present = known.get(insecure);
  if (present !== undefined) return present;
  const made: Tls = { termination: "edge", insecureEdgeTerminationPolicy: insecure, ...own };
  known.set(insecure, made);
  return made;
}

const checked = new WeakMap<Secret, { readonly problem: string | undefined }>();

/** Why a Secret cannot be used; undefined when it can. */
export function secretProblem(secret: Secret): string | undefined {
  const known = checked.get(secret);
  if (known !== undefined) return known.problem;
  const [certificate, key] = pemsOf(secret);
  const found = certificateProblem({ certificate, key });
  const part = { certificate: "tls.crt", key: "tls.key", chain: "tls.crt" };
  const problem = found === undefined ? undefined : `its ${part[found.part]} ${found.message}`;
  checked.set(secret, { problem });
  return problem;
}

function pemsOf({ data = {} }: Secret): readonly [certificate: string, key: string] {
  const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString();
  return [text("tls.crt"), text("tls.key")];
}
