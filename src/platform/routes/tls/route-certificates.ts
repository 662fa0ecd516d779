/** The certificate of each host that is served over TLS: the route's own, else one of the local authority. */

import { serverPem } from "../../../lib/certificates/certificate-check.ts";
import type { RouteRule } from "../route-table.ts";
import { certificateFiles, type CertificateFiles, type ShownCertificate } from "./certificate-store.ts";
import type { LocalAuthority } from "./local-authority.ts";

const anyHost = "*";

interface Own {
  readonly pem: string;
  /** Backend of the route that brought it. */
  readonly owner: string;
}

export async function certificatesFor(
  rules: readonly RouteRule[],
  domain: string,
  authority: LocalAuthority,
): Promise<CertificateFiles> {
  const owns = new Map<string, Own | undefined>();
  for (const { host, tls, backend } of rules) {
    if (tls === undefined || tls.termination === "passthrough") continue;
    const own = tls.own && { pem: serverPem({ ...tls.own, chain: tls.own.caCertificate }), owner: backend };
    owns.set(host, owns.get(host) ?? own);
  }
  const issued = async (host: string): Promise<string> => {
    const { cert, key } = await authority.identityFor(host);
    return serverPem({ certificate: cert, key });
  };
  const shown: ShownCertificate[] = [];
  for (const [host, own] of owns) {
    // For hosts that nobody has there is the one that is shown when no name fits.
    if (host === anyHost && own === undefined) continue;
    shown.push(own === undefined ? { host, pem: await issued(host) } : { host, ...own });
  }
  authority.keepOnly(new Set([...owns.keys(), domain]));
  return certificateFiles({ host: domain, pem: await issued(domain) }, shown);
}
