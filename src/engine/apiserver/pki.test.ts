import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { openPki } from "./pki.ts";

const dayMs = 24 * 60 * 60_000;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nagi-pki-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("the certificate is the authority's, for loopback and the names given", async () => {
  const pki = await openPki({ directory, names: ["nagi.example.com", "192.0.2.7"], clock: new FakeClock() });
  const { cert } = await pki.current();
  const certificate = new X509Certificate(cert);
  expect(certificate.verify(new X509Certificate(pki.caPem).publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(new X509Certificate(pki.caPem).ca).toBe(true);
  expect(certificate.checkHost("localhost")).toBeDefined();
  expect(certificate.checkHost("nagi.example.com")).toBeDefined();
  expect(certificate.checkHost("other.example.com")).toBeUndefined();
  for (const address of ["127.0.0.1", "::1", "192.0.2.7"]) expect(certificate.checkIP(address)).toBeDefined();
});

test("is kept, and readable by the owner only", async () => {
  const clock = new FakeClock();
  const first = await openPki({ directory, clock });
  const { cert } = await first.current();
  const second = await openPki({ directory, clock });
  expect(second.caPem).toBe(first.caPem);
  expect((await second.current()).cert).toBe(cert);
  for (const name of ["ca.key", "ca.crt", "apiserver.key", "apiserver.crt"]) {
    expect((await stat(join(directory, name))).mode & 0o777, name).toBe(0o600);
  }
});

test("is made anew when the names change, near its end, and when it is damaged", async () => {
  const clock = new FakeClock();
  const certOf = async (names: string[]) => {
    const pki = await openPki({ directory, names, clock });
    return { ca: pki.caPem, cert: (await pki.current()).cert };
  };
  const first = await certOf([]);
  const renamed = await certOf(["a.example.com"]);
  expect(renamed.ca).toBe(first.ca);
  expect(renamed.cert).not.toBe(first.cert);
  expect((await certOf(["a.example.com"])).cert).toBe(renamed.cert);
  expect((await certOf([])).cert).not.toBe(renamed.cert);

  const before = await certOf([]);
  clock.advance(300 * dayMs);
  expect((await certOf([])).cert).toBe(before.cert);
  clock.advance(50 * dayMs);
  const renewed = await certOf([]);
  expect(renewed.cert).not.toBe(before.cert);
  expect(renewed.ca).toBe(first.ca);

  await writeFile(join(directory, "apiserver.crt"), "damaged");
  expect((await certOf([])).cert).toContain("BEGIN CERTIFICATE");
  clock.advance(3640 * dayMs);
  expect((await certOf([])).ca).not.toBe(first.ca);
});

test("a running server is handed the new one", async () => {
  const clock = new FakeClock();
  const pki = await openPki({ directory, clock });
  const { cert } = await pki.current();
  const stopping = new AbortController();
  const renewed = new Promise<string>((resolve) => {
    void pki.run(stopping.signal, (tls) => resolve(tls.cert));
  });
  // The first look at the files comes before the first sleep.
  await pki.current();
  await new Promise((resolve) => setTimeout(resolve, 50));
  clock.advance(350 * dayMs);
  expect(await renewed).not.toBe(cert);
  stopping.abort();
});
