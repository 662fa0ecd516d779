/** Certificates that are kept in files and made anew before they expire. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsIdentity } from "./certificates.ts";
import { readIfThere, writePrivate } from "../private-files.ts";

/** A certificate with less left is replaced. */
const renewBeforeMs = 30 * 24 * 60 * 60_000;

/** What is in the files, or, when that is missing or no longer good, what was made and written instead; in `base.key` and `base.crt`. */
export async function keptPair(
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

/** Whether key and certificate fit, and have a while to go. */
export function lasts(pair: TlsIdentity, nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    // A crash between the two files leaves a pair that does not fit.
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return false;
    return certificate.validToDate.getTime() - nowMs > renewBeforeMs;
  } catch {
    // Not a certificate or not a key: as good as none.
    return false;
  }
}
