/**
 * What annotations say about certificates of an ACME authority, such as Let's Encrypt: that they are wanted, from whom, and how the
 * domain is proved. Of Routes and of Ingresses. Pure.
 */

import { invalid, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { checkDnsSubdomain } from "../../../names.ts";

/** Other controllers' too: kube-lego's, cert-manager's and openshift-acme's. */
export const acmeAnnotation = "kubernetes.io/tls-acme";
export const acmeServerAnnotation = "nagi.dev/acme-server";
export const acmeEmailAnnotation = "nagi.dev/acme-email";
export const acmeHookAnnotation = "nagi.dev/acme-dns-hook";
/** A Secret beside it with `kid` and `hmac`: the account that the authority knows its customer by (RFC 8555, 7.3.4). */
export const acmeCustomerAnnotation = "nagi.dev/acme-external-account";
/** When it was asked for last: another value tries at once, whatever failed before. */
export const acmeRequestedAnnotation = "nagi.dev/acme-requested";
/** Condition of a Route's status: whether it has the certificate, until when, and what failed last. */
export const certificateType = "Certificate";

export const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";

export interface AcmeSettings {
  /** URL of the directory. */
  readonly server: string;
  readonly email: string | undefined;
  /** Name of the operator's program that makes DNS records; undefined proves the domain over HTTP. */
  readonly dnsHook: string | undefined;
  /** Name of the Secret of its external account; undefined for an authority that gives to everybody. */
  readonly externalAccount: string | undefined;
  readonly requested: string;
}

/** Undefined for what wants no such certificate. */
export function acmeSettings({ metadata }: KubeObject): AcmeSettings | undefined {
  const { annotations = {} } = metadata;
  if (annotations[acmeAnnotation] !== "true") return undefined;
  return {
    server: annotations[acmeServerAnnotation] ?? letsEncrypt,
    email: annotations[acmeEmailAnnotation],
    dnsHook: annotations[acmeHookAnnotation],
    externalAccount: annotations[acmeCustomerAnnotation],
    requested: annotations[acmeRequestedAnnotation] ?? "",
  };
}

type Check = (value: string) => string | undefined;

export const checkAcmeServer: Check = (value) =>
  URL.canParse(value) && new URL(value).protocol === "https:" && value.length <= 500
    ? undefined
    : `must be the https URL of an ACME directory, like ${letsEncrypt}`;

export const checkAcmeEmail: Check = (value) =>
  /^[^\s@,;:<>]{1,64}@[A-Za-z0-9.-]{1,255}$/.test(value)
    ? undefined
    : "must be an address like ops@example.com";

export const checkAcmeHook: Check = (value) =>
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)
    ? undefined
    : "must be the name of a program in the folder acme/hooks of the data directory: small letters, digits and -";

const checkSecretName: Check = (value) =>
  checkDnsSubdomain(value) === undefined
    ? undefined
    : "must be the name of a Secret with the keys kid and hmac";

/** As authorities hand them out. */
export const checkEabKid: Check = (value) =>
  /^[\x21-\x7e]{1,200}$/.test(value)
    ? undefined
    : "must be the key's name as the authority gave it, without spaces";

/** At least 128 bits. */
export const checkEabKey: Check = (value) =>
  /^[A-Za-z0-9_-]{22,500}={0,2}$/.test(value)
    ? undefined
    : "must be the HMAC key as the authority gave it, in base64url: letters, digits, - and _, 22 to 500 of them";

export function acmeErrors({ metadata }: KubeObject): FieldError[] {
  const checks: readonly [annotation: string, check: Check][] = [
    [acmeServerAnnotation, checkAcmeServer],
    [acmeEmailAnnotation, checkAcmeEmail],
    [acmeHookAnnotation, checkAcmeHook],
    [acmeCustomerAnnotation, checkSecretName],
  ];
  return checks.flatMap(([name, check]) => {
    const value = metadata.annotations?.[name];
    const detail = value === undefined ? undefined : check(value);
    return detail === undefined ? [] : [invalid(`metadata.annotations[${name}]`, value, detail)];
  });
}
