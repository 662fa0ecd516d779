/** The key that registry tokens are signed with, and the certificate by which the registry knows it. */

import { randomBytes, webcrypto } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const dayMs = 24 * 60 * 60_000;
const validDays = 3650;
/** Made anew when less is left. */
const renewBeforeDays = 365;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface SigningKey {
  readonly privateKey: webcrypto.CryptoKey;
  /** Path of the certificate, for the registry's `rootcertbundle`. */
  readonly certificateFile: string;
  /** DER in base64, for the `x5c` header of tokens. */
  readonly certificate: string;
}

interface Kept {
  readonly key: string;
  readonly certificate: string;
  readonly expiresMs: number;
}

export async function openSigningKey(directory: string, nowMs: number): Promise<SigningKey> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "token-key.json");
  let kept = await readKept(file);
  if (kept === undefined || kept.expiresMs - nowMs < renewBeforeDays * dayMs) {
    kept = await makeKey(nowMs);
    await writePrivate(file, JSON.stringify(kept));
  }
  const certificateFile = join(directory, "token-certificate.pem");
  const pem = `-----BEGIN CERTIFICATE-----\n${kept.certificate.replace(/(.{64})/g, "$1\n").trim()}\n-----END CERTIFICATE-----\n`;
  await writePrivate(certificateFile, pem);
  const der = Buffer.from(kept.key, "base64");
  const privateKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  return { privateKey, certificateFile, certificate: kept.certificate };
}

async function readKept(file: string): Promise<Kept | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Kept;
  } catch {
    // Torn by a crash while it was first written: nothing signed with it is of use any more.
    return undefined;
  }
}

async function makeKey(nowMs: number): Promise<Kept> {
  // Loaded when it is needed, which is once in years: it costs memory and time at each start.
  await import("reflect-metadata");
  const { X509CertificateGenerator } = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const expiresMs = nowMs + validDays * dayMs;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString("hex").replace(/^./, "1"),
    name: "CN=Nagi registry tokens",
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(expiresMs),
    signingAlgorithm: algorithm,
    keys,
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { key, certificate: Buffer.from(certificate.rawData).toString("base64"), expiresMs };
}

/** Complete or absent, and for the owner's eyes only. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
