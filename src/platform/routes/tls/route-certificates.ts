/** The certificate of each host that is served over TLS: the route's own, else one of the local authority. */

import type { RouteRule } from "../route-table.ts";
import { certificateFiles, type CertificateFiles, type ShownCertificate } from "./certificate-store.ts";
import type { LocalAuthority } from "./local-authority.ts";

const anyHost = "*";

export async function certificatesFor(
  rules: readonly RouteRule[],
  domain: string,
  authority: LocalAuthority,
): Promise<CertificateFiles> {
  const owns = new Map<string, string | undefined>();
  for (const { host, tls } of rules) {
    if (tls === undefined || tls.termination === "passthrough") continue;
    owns.set(host, owns.get(host) ?? (tls.own && pemOf(tls.own)));
  }
  const issued = async (host: string): Promise<string> => {
    const { cert, key } = await authority.identityFor(host);
    return pemOf({ certificate: cert, key });
  };
  const shown: ShownCertificate[] = [];
  for (const [host, own] of owns) {
    // For hosts that nobody has there is the one that is shown when no name fits.
    if (host === anyHost && own === undefined) continue;
    shown.push({ host, pem: own ?? (await issued(host)) });
  }
  authority.keepOnly(new Set([...owns.keys(), domain]));
  return certificateFiles({ host: domain, pem: await issued(domain) }, shown);
}

interface Pems {
  readonly certificate: string;
  readonly caCertificate?: string | undefined;
  readonly key: string;
}

/** The certificate and its chain, then the key, with no empty line, as HAProxy's command line needs it. */
function pemOf({ certificate, caCertificate = "", key }: Pems): string {
  const lines = [certificate, caCertificate, key].flatMap((text) => text.split(/\r?\n/));
  return `${lines
    .map((line) => line.trim())
    .filter(Boolean)
    .join("\n")}\n`;
}
