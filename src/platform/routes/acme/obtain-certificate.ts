/** Gets a certificate of an ACME authority (RFC 8555), by `acme-client`. */

import { Agent } from "node:https";
import { rootCertificates } from "node:tls";
import type { Authorization } from "acme-client";
import { challengePath, type AcmeOrder } from "./acme-orders.ts";

export interface Challenges {
  /** Resolves when it is answered; rejects when the signal aborts, or when it takes too long. */
  add(host: string, path: string, answer: string, signal: AbortSignal): Promise<void>;
  remove(host: string, path: string): void;
}

export interface DnsHooks {
  /** Resolves when the record is there. */
  run(hook: string, action: "present" | "cleanup", record: string, value: string): Promise<void>;
}

type Challenge = Authorization["challenges"][number];

export interface WayOut {
  /** PEM of authorities to trust beside the public ones. */
  readonly ca: string;
  /** https_proxy, no_proxy and their kin. */
  readonly proxies: Readonly<Record<string, string>>;
}

export interface AcmeAccount {
  /** PEM. */
  readonly key: string;
  readonly url: string;
}

/** What an authority knows its customer by: the name of a key and the key, in base64url. */
export interface ExternalAccount {
  readonly kid: string;
  readonly hmac: string;
}

export interface ObtainOptions extends WayOut {
  readonly account: AcmeAccount;
  readonly challenges: Challenges;
  readonly hooks: DnsHooks;
  readonly signal: AbortSignal;
}

/** Who is asked for accounts and certificates. */
export interface AcmeAuthority {
  readonly createAccount: typeof createAccount;
  readonly obtainCertificate: typeof obtainCertificate;
}

export interface Obtained {
  /** PEM: the certificate, then its chain. */
  readonly certificate: string;
  readonly key: string;
}

/** An authority that is busy or away is asked this often again; then the order is tried later. */
const retryMaxAttempts = 2;
const poll = { backoffAttempts: 30, backoffMin: 500, backoffMax: 5000 };
const timeoutMs = 30_000;

/** Throws what the authority says when it refuses. */
export async function obtainCertificate(order: AcmeOrder, options: ObtainOptions): Promise<Obtained> {
  const { challenges, hooks, account, signal } = options;
  const { acme, close } = await opened(options);
  const accountOptions = { accountKey: account.key, accountUrl: account.url };
  const client = new acme.Client({ directoryUrl: order.server, ...accountOptions, ...poll });
  const [key, csr] = await acme.crypto.createCsr(
    { altNames: [...order.names] },
    await acme.crypto.createPrivateEcdsaKey(),
  );
  const { dnsHook } = order;
  const wanted = {
    csr,
    // The authority looks; from here the name may lead elsewhere.
    skipChallengeVerification: true,
    challengePriority: [dnsHook === undefined ? "http-01" : "dns-01"],
    challengeCreateFn: async ({ identifier }: Authorization, challenge: Challenge, answer: string) => {
      if (dnsHook === undefined && challenge.type !== "http-01")
        throw new Error(`${identifier.value} can be proved by DNS only: give a DNS hook`);
      if (dnsHook === undefined)
        await challenges.add(identifier.value, pathOf(challenge.token), answer, signal);
      else await hooks.run(dnsHook, "present", recordOf(identifier.value), answer);
    },
    challengeRemoveFn: async ({ identifier }: Authorization, challenge: Challenge, answer: string) => {
      if (dnsHook === undefined) challenges.remove(identifier.value, pathOf(challenge.token));
      else await hooks.run(dnsHook, "cleanup", recordOf(identifier.value), answer);
    },
  };
  try {
    return { certificate: await client.auto(wanted), key: key.toString() };
  } finally {
    close();
  }
}

/** Makes an account with the authority, bound to the customer's if there is one; who asks for it agrees to its terms. */
export async function createAccount(
  { server, email }: Pick<AcmeOrder, "server" | "email">,
  way: WayOut,
  external: ExternalAccount | undefined,
): Promise<AcmeAccount> {
  const { acme, close } = await opened(way);
  try {
    const directory: { data?: { meta?: { externalAccountRequired?: unknown } } } =
      external === undefined ? await acme.axios.get(server) : {};
    if (directory.data?.meta?.externalAccountRequired === true)
      throw new Error(
        "the authority gives certificates to its customers only: name your external account, by nagi certs auto --acme --eab-kid KEY-ID --eab-key-file FILE",
      );
    const key = (await acme.crypto.createPrivateEcdsaKey()).toString();
    const binding =
      external === undefined
        ? {}
        : { externalAccountBinding: { kid: external.kid, hmacKey: external.hmac.replace(/=+$/, "") } };
    const client = new acme.Client({ directoryUrl: server, accountKey: key, ...binding, ...poll });
    const contact = email === undefined ? {} : { contact: [`mailto:${email}`] };
    await client.createAccount({ termsOfServiceAgreed: true, ...contact });
    return { key, url: client.getAccountUrl() };
  } finally {
    close();
  }
}

/** The library, which has one way to the outside for all that use it: orders are served one at a time. */
async function opened({ ca, proxies }: WayOut) {
  const { default: acme } = await import("acme-client");
  const trusted = ca === "" ? undefined : [...rootCertificates, ca];
  const agent = new Agent({ ca: trusted, proxyEnv: { ...proxies } });
  const { acmeSettings } = acme.axios.defaults as { acmeSettings?: object };
  Object.assign(acme.axios.defaults, {
    httpsAgent: agent,
    proxy: false,
    timeout: timeoutMs,
    acmeSettings: { ...acmeSettings, retryMaxAttempts },
  });
  return { acme, close: () => agent.destroy() };
}

function pathOf(token: string): string {
  return `${challengePath}/${token}`;
}

function recordOf(name: string): string {
  return `_acme-challenge.${name.replace(/^\*\./, "")}.`;
}
