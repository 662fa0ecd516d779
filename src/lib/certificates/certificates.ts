/** Makes certificates: ECDSA on P-256, for TLS servers and the authority that vouches for them. */

// What @peculiar/x509 is built on needs this first.
import "reflect-metadata";
import { randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type Extension,
} from "@peculiar/x509";

/** PEM, both. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 24 * 60 * 60_000;
const caDays = 3650;
const servingDays = 365;
/** Clocks of clients may be behind ours. */
const backdateMs = 60 * 60_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** An authority that vouches for itself. */
export async function issueCa(nowMs: number, subject = "CN=nagi"): Promise<TlsIdentity> {
  const keys = await newKeys();
  return issueWith(keys, keys, {
    subject,
    issuer: subject,
    days: caDays,
    nowMs,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
    ],
  });
}

/** For a server that has these names and addresses. */
export async function issueServing(
  ca: TlsIdentity,
  names: readonly string[],
  nowMs: number,
  subject = "CN=nagi-apiserver",
): Promise<TlsIdentity> {
  const format = PemConverter.decodeFirst(ca.key);
  const signing = await webcrypto.subtle.importKey("pkcs8", format, algorithm, false, ["sign"]);
  const keys = await newKeys();
  const subjects = names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }) as const);
  return issueWith(
    keys,
    { privateKey: signing },
    {
      subject,
      issuer: new X509Certificate(ca.cert).subject.replace(/\n/g, ", "),
      days: servingDays,
      nowMs,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(subjects),
      ],
    },
  );
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly days: number;
  readonly nowMs: number;
  readonly extensions: Extension[];
}

async function issueWith(
  keys: webcrypto.CryptoKeyPair,
  signer: Pick<webcrypto.CryptoKeyPair, "privateKey">,
  { subject, issuer, days, nowMs, extensions }: Contents,
): Promise<TlsIdentity> {
  cryptoProvider.set(webcrypto);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString("hex")}`,
    subject,
    issuer,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(nowMs + days * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    extensions,
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { key: PemConverter.encode(pkcs8, "PRIVATE KEY"), cert: certificate.toString("pem") };
}
