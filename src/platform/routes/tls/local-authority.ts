/**
 * An authority of the router's own, for hosts without a certificate: made at the first start, kept in its folder. Whoever
 * trusts it is shown no warning; who does not is at least spoken to in secret. Certificates are made when they are first
 * wanted and renewed before they expire.
 */

import { randomBytes, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { TlsIdentity } from "../../../lib/certificates/certificates.ts";
import type { Clock } from "../../../lib/clock.ts";
import { keptPair, lasts } from "../../../lib/certificates/kept-certificate.ts";

/** Whether a certificate nears its end is looked at this often. */
const lookAgainMs = 12 * 60 * 60_000;

export class LocalAuthority {
  readonly #dir: string;
  readonly #clock: Clock;
  #ca: Promise<TlsIdentity> | undefined;
  /** By host; they are on disk too. */
  readonly #issued = new Map<string, { readonly identity: TlsIdentity; readonly againMs: number }>();

  constructor(dir: string, clock: Clock) {
    this.#dir = dir;
    this.#clock = clock;
  }

  async caPem(): Promise<string> {
    return (await this.#authority()).cert;
  }

  /** For `shop.localhost` or `*.example.com`. */
  async identityFor(host: string): Promise<TlsIdentity> {
    const known = this.#issued.get(host);
    const nowMs = this.#clock.now();
    if (known !== undefined && nowMs < known.againMs) return known.identity;
    const ca = await this.#authority();
    const issuer = new X509Certificate(ca.cert).publicKey;
    const made = await keptPair(
      join(this.#dir, "issued", host.replace("*", "_")),
      (pair) => lasts(pair, this.#clock.now()) && new X509Certificate(pair.cert).verify(issuer),
      async () => (await issuing()).issueServing(ca, [host], this.#clock.now(), "CN=nagi-router"),
    );
    this.#issued.set(host, { identity: made, againMs: nowMs + lookAgainMs });
    return made;
  }

  /** Forgets hosts that are no longer there. */
  keepOnly(hosts: ReadonlySet<string>): void {
    for (const host of this.#issued.keys()) if (!hosts.has(host)) this.#issued.delete(host);
  }

  #authority(): Promise<TlsIdentity> {
    const subject = `CN=Nagi local CA ${randomBytes(3).toString("hex")}`;
    this.#ca ??= keptPair(
      join(this.#dir, "ca"),
      (pair) => lasts(pair, this.#clock.now()),
      async () => (await issuing()).issueCa(this.#clock.now(), subject),
    ).catch((error: unknown) => {
      this.#ca = undefined;
      throw error;
    });
    return this.#ca;
  }
}

/** Loaded only when something is issued. */
function issuing() {
  return import("../../../lib/certificates/certificates.ts");
}
