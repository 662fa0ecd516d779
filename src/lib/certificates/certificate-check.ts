/** What is wrong with a certificate and its key, in words for whoever brought them. Pure. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { messageOf } from "../errors.ts";

export interface CertificateInput {
  /** PEM; the certificate first, then perhaps its chain. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the chain. */
  readonly chain?: string | undefined;
}

export interface CertificateProblem {
  /** Which of the inputs. */
  readonly part: keyof CertificateInput;
  readonly message: string;
}

const block = /-----BEGIN ((?:[A-Z0-9]+ )*[A-Z0-9]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;
const label = /-----BEGIN ([^-\n]*)-----/g;
const certificateLabel = "CERTIFICATE";
const keyLabel = /(?:^| )PRIVATE KEY$/;
/** `openssl ecparam -genkey` writes them before the key, which names its curve itself. */
const curveLabel = "EC PARAMETERS";
const lineLength = 64;
/** What HAProxy's command line takes at once is a buffer of 16 KiB, the command included. */
export const serverPemMaxBytes = 15 * 1024;

/** All certificates of a PEM text; throws for one that is none. */
export function certificatesIn(pem: string): X509Certificate[] {
  return certificateBlocks(pem).map((text) => new X509Certificate(text));
}

/** The certificates of a PEM text, without what stands between them. */
export function certificateBlocks(pem: string): readonly string[] {
  return blocksOf(pem).flatMap(({ name, text }) => (name === certificateLabel ? [text] : []));
}

/** What a server is given: the certificate, its chain and the key, and nothing of what stands between them. */
export function serverPem({ certificate, key, chain = "" }: CertificateInput): string {
  const blocks = [...certificateBlocks(certificate), ...certificateBlocks(chain), keyBlock(key) ?? ""];
  return `${blocks.join("\n")}\n`;
}

function keyBlock(pem: string): string | undefined {
  return blocksOf(pem).find(({ name }) => keyLabel.test(name))?.text;
}

/** In lines of the usual length, with no empty one. */
function blocksOf(pem: string): readonly { readonly name: string; readonly text: string }[] {
  return [...pem.matchAll(block)].map(([, name = "", body = ""]) => {
    const lines = body.replace(/\s/g, "").match(new RegExp(`.{1,${lineLength}}`, "g")) ?? [];
    return { name, text: [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`].join("\n") };
  });
}

/** Whether they are certificates, and the key is the certificate's, and the chain leads on from it. */
export function certificateProblem({
  certificate,
  key,
  chain = "",
}: CertificateInput): CertificateProblem | undefined {
  const foreign = foreignBlock({ certificate, key, chain });
  if (foreign !== undefined) return foreign;
  const [own, ...rest] = parsed(certificate) ?? [];
  if (own === undefined) return { part: "certificate", message: "must be a certificate in PEM" };
  try {
    const privateKey = createPrivateKey(keyBlock(key) ?? "");
    if (!own.checkPrivateKey(privateKey))
      return { part: "key", message: `does not belong to the certificate of ${nameOf(own)}` };
  } catch {
    return { part: "key", message: "must be a private key in PEM, without a passphrase" };
  }
  const further = parsed(chain);
  if (further === undefined || (chain.trim() !== "" && further.length === 0))
    return { part: "chain", message: "must be certificates in PEM" };
  let last = own;
  for (const next of [...rest, ...further]) {
    if (!last.checkIssued(next))
      return {
        part: chain.trim() === "" ? "certificate" : "chain",
        message: `${nameOf(next)} did not issue ${nameOf(last)}: the order is the certificate, who issued it, who issued that`,
      };
    last = next;
  }
  const pem = serverPem({ certificate, key, chain });
  if (pem.length > serverPemMaxBytes)
    return {
      part: "certificate",
      message: `has ${pem.length} bytes with its chain and key: must be no more than ${serverPemMaxBytes}`,
    };
  const refusal = openSslRefusal(pem);
  return refusal === undefined ? undefined : { part: "certificate", message: refusal };
}

/** Whoever puts a key where everybody reads, or two keys, has mixed something up. */
function foreignBlock({ certificate, key, chain = "" }: CertificateInput): CertificateProblem | undefined {
  const labelsOf = (pem: string): string[] => [...pem.matchAll(label)].map(([, name = ""]) => name);
  for (const [part, pem] of [["certificate", certificate] as const, ["chain", chain] as const]) {
    const other = labelsOf(pem).find((name) => name !== certificateLabel);
    if (other !== undefined)
      return { part, message: `must be certificates in PEM and nothing else, but holds ${other} too` };
    if (labelsOf(pem).length !== certificateBlocks(pem).length)
      return { part, message: "must be certificates in PEM: one of them is not whole" };
  }
  const [, second] = labelsOf(key).filter((name) => name !== curveLabel);
  if (second !== undefined)
    return {
      part: "key",
      message: `must be one private key in PEM and nothing else, but holds ${second} too`,
    };
  return undefined;
}

/** Keys that are too short and the like: a server that is given them does not start. */
function openSslRefusal(pem: string): string | undefined {
  try {
    createSecureContext({ cert: pem, key: pem, ciphers: "DEFAULT:@SECLEVEL=2" });
    return undefined;
  } catch (error) {
    return `cannot be used: ${messageOf(error)}`;
  }
}

/** What keeps a certificate from being the right one for a host at a time; undefined when it is. */
export function misfit(certificate: X509Certificate, host: string, nowMs: number): string | undefined {
  const { validFromDate, validToDate } = certificate;
  if (validToDate.getTime() <= nowMs) return `expired on ${dateText(validToDate)}`;
  if (validFromDate.getTime() > nowMs) return `is not valid before ${dateText(validFromDate)}`;
  // A route with all names below is asked for by any of them.
  const name = host.replace(/^\*\./, "any.");
  if (certificate.checkHost(name) === undefined) return `is for ${namesOf(certificate)}, not for ${host}`;
  return undefined;
}

/** `a.example.com, *.example.com`. */
export function namesOf(certificate: X509Certificate): string {
  const names = (certificate.subjectAltName ?? "").split(", ").map((name) => name.replace(/^[^:]*:/, ""));
  return names.join(", ") || nameOf(certificate);
}

function nameOf({ subject }: X509Certificate): string {
  return /CN=([^\n]*)/.exec(subject)?.[1] ?? subject.replaceAll("\n", ", ");
}

function dateText(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function parsed(pem: string): X509Certificate[] | undefined {
  try {
    return certificatesIn(pem);
  } catch {
    return undefined;
  }
}
