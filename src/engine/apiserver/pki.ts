/**
 * Nagi's own certificate authority and the certificate that the API server shows. Kept in a directory that only
 * the owner can read, made when missing, replaced before they expire and when the names change.
 */

import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import type { TlsIdentity } from "../../lib/certificates/certificates.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { keptPair, lasts } from "../../lib/certificates/kept-certificate.ts";

export interface PkiOptions {
  readonly directory: string;
  /** Host names and addresses of the server beside loopback's. */
  readonly names?: readonly string[] | undefined;
  readonly clock: Clock;
}

export interface Pki {
  readonly caPem: string;
  /** The certificate to show, made anew when it must be. */
  current(): Promise<TlsIdentity>;
  /** Hands over a new certificate whenever the present one nears its end. */
  run(signal: AbortSignal, renewed: (tls: TlsIdentity) => void): Promise<void>;
}

const loopbackNames = ["localhost", "127.0.0.1", "::1"];
const checkEveryMs = 12 * 60 * 60_000;

export async function openPki({ directory, names = [], clock }: PkiOptions): Promise<Pki> {
  const allNames = [...new Set([...loopbackNames, ...names])].sort();
  const ca = await keptPair(
    join(directory, "ca"),
    (pair) => lasts(pair, clock.now()),
    async () => (await issuing()).issueCa(clock.now()),
  );
  const current = (): Promise<TlsIdentity> =>
    keptPair(
      join(directory, "apiserver"),
      (pair) => lasts(pair, clock.now()) && isFrom(pair, ca) && hasNames(pair, allNames),
      async () => (await issuing()).issueServing(ca, allNames, clock.now()),
    );
  return {
    caPem: ca.cert,
    current,
    async run(signal, renewed) {
      let shown = (await current()).cert;
      while (!signal.aborted) {
        await sleep(clock, checkEveryMs, signal);
        const tls = await current();
        if (tls.cert !== shown) renewed(tls);
        shown = tls.cert;
      }
    },
  };
}

function isFrom(pair: TlsIdentity, ca: TlsIdentity): boolean {
  return new X509Certificate(pair.cert).verify(new X509Certificate(ca.cert).publicKey);
}

function hasNames(pair: TlsIdentity, names: readonly string[]): boolean {
  const certificate = new X509Certificate(pair.cert);
  const count = (certificate.subjectAltName ?? "").split(", ").length;
  const has = (name: string): boolean =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
  return count === names.length && names.every(has);
}

/** Loaded only when something is issued, which is rare, so that every other start is spared its weight. */
function issuing() {
  return import("../../lib/certificates/certificates.ts");
}
