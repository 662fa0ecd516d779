/**
 * Nagi's own certificate authority and the certificate that the API server shows. Kept in a directory that only
 * the owner can read, made when missing, replaced before they expire and when the names change.
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { TlsIdentity } from "./http/front-end.ts";
import { readIfThere, writePrivate } from "./private-files.ts";

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
const dayMs = 24 * 60 * 60_000;
/** A certificate with less left is replaced. */
const renewBeforeMs = 30 * dayMs;
const checkEveryMs = 12 * 60 * 60_000;

export async function openPki({ directory, names = [], clock }: PkiOptions): Promise<Pki> {
  const allNames = [...new Set([...loopbackNames, ...names])].sort();
  const ca = await keptPair(
    join(directory, "ca"),
    (pair) => lasts(pair, clock),
    async () => (await issuing()).issueCa(clock.now()),
  );
  const current = (): Promise<TlsIdentity> =>
    keptPair(
      join(directory, "apiserver"),
      (pair) => lasts(pair, clock) && isFrom(pair, ca) && hasNames(pair, allNames),
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

/** What is in the files, or, when that is missing or no longer good, what was made and written instead. */
async function keptPair(
  base: string,
  isGood: (pair: TlsIdentity) => boolean,
  issue: () => Promise<TlsIdentity>,
): Promise<TlsIdentity> {
  const [key, cert] = await Promise.all([readIfThere(`${base}.key`), readIfThere(`${base}.crt`)]);
  if (key !== undefined && cert !== undefined && isGood({ key, cert })) return { key, cert };
  const made = await issue();
  await writePrivate(`${base}.key`, made.key);
  await writePrivate(`${base}.crt`, made.cert);
  return made;
}

function lasts(pair: TlsIdentity, clock: Clock): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    // A crash between the two files leaves a pair that does not fit.
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return false;
    return certificate.validToDate.getTime() - clock.now() > renewBeforeMs;
  } catch {
    // Not a certificate or not a key: as good as none.
    return false;
  }
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
  return import("./certificates.ts");
}
