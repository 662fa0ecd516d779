/** Certificates in Secrets of type kubernetes.io/tls: as a Route's TLS, and why one cannot be used. Pure. */

import { certificateProblem } from "../../../lib/certificates/certificate-check.ts";
import type { Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Route } from "../../../model/kinds/route/route/route.ts";
import { decodeText } from "../../../lib/base64.ts";

export type Tls = NonNullable<Route["spec"]["tls"]>;

/** By what is asked for beside the certificate. What is made stays the same, as checks of it are remembered. */
const made = new WeakMap<Secret, Map<string, Tls>>();
const localTls = new Map<string, Tls>();
/** Different wishes are few: without an end this would hold what nobody asks for any more. */
const rememberedMax = 100;

export function tlsWith(secret: Secret, wanted: Tls): Tls {
  let known = made.get(secret);
  if (known === undefined) made.set(secret, (known = new Map()));
  const [certificate, key] = pemsOf(secret);
  return remembered(known, { ...wanted, certificate, key, caCertificate: undefined }, wanted);
}

/** With the local authority's certificate. */
export function tlsWithout(wanted: Tls): Tls {
  return remembered(localTls, wanted, wanted);
}

function remembered(known: Map<string, Tls>, tls: Tls, wanted: Tls): Tls {
  const key = JSON.stringify(wanted);
  const present = known.get(key);
  if (present !== undefined) return present;
  if (known.size >= rememberedMax) known.clear();
  known.set(key, tls);
  return tls;
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
  return [decodeText(data["tls.crt"]), decodeText(data["tls.key"])];
}
