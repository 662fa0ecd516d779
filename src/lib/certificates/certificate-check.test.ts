import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { issueCa, issueServing } from "./certificates.ts";
import {
  certificateProblem,
  certificatesIn,
  misfit,
  serverPem,
  serverPemMaxBytes,
} from "./certificate-check.ts";

const dayMs = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "nagi-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("key, chain and order are looked at", async () => {
  const ca = await issueCa(Date.now(), "CN=one");
  const other = await issueCa(Date.now(), "CN=two");
  const { cert: certificate, key } = await issueServing(ca, ["a.test", "*.b.test"], Date.now());
  const problem = (given: object) => certificateProblem({ certificate, key, ...given });
  expect(problem({})).toBeUndefined();
  expect(problem({ chain: ca.cert })).toBeUndefined();
  expect(problem({ certificate: `${certificate}\n${ca.cert}` })).toBeUndefined();
  expect(problem({ key: other.key })).toMatchObject({ part: "key" });
  expect(problem({ key: "x" })).toMatchObject({
    part: "key",
    message: expect.stringContaining("PEM") as string,
  });
  expect(problem({ certificate: "x" })).toMatchObject({ part: "certificate" });
  expect(problem({ chain: other.cert })).toMatchObject({
    part: "chain",
    message: expect.stringContaining("two did not issue nagi-apiserver") as string,
  });
});

test("what a server is given is certificates and one key; other blocks are refused, text between them is not", async () => {
  const ca = await issueCa(Date.now(), "CN=one");
  const { cert: certificate, key } = await issueServing(ca, ["a.test"], Date.now());
  const text = `Certificate:\n    Data:\n${"        Version: 3 (0x2)\n".repeat(1000)}`;
  const curve = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  const odd = {
    certificate: `${text}${certificate.replaceAll("\n", " \r\n\n")}`,
    chain: `${text}${ca.cert}`,
    key: `${curve}${key}`,
  };
  expect(certificateProblem(odd)).toBeUndefined();
  expect(serverPem(odd)).toBe(serverPem({ certificate, chain: ca.cert, key }));
  expect(serverPem(odd).match(/-----BEGIN .*/g)).toEqual([
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----",
  ]);
  const problem = (given: object) => certificateProblem({ certificate, key, ...given });
  expect(problem({ certificate: `${ca.key}${certificate}` })).toEqual({
    part: "certificate",
    message: "must be certificates in PEM and nothing else, but holds PRIVATE KEY too",
  });
  expect(problem({ chain: `${ca.cert}${ca.key}` })).toMatchObject({ part: "chain" });
  expect(problem({ key: `${key}${ca.key}` })).toEqual({
    part: "key",
    message: "must be one private key in PEM and nothing else, but holds PRIVATE KEY too",
  });
  expect(problem({ certificate: `${certificate}-----BEGIN CERTIFICATE-----\n` })).toMatchObject({
    part: "certificate",
    message: expect.stringContaining("not whole") as string,
  });
});

test("what HAProxy could not be told at once is refused", async () => {
  const ca = await issueCa(Date.now(), "CN=one");
  const names = Array.from({ length: 700 }, (_, index) => `a${index}.example.test`);
  const { cert: certificate, key } = await issueServing(ca, names, Date.now());
  expect(certificateProblem({ certificate, key })).toEqual({
    part: "certificate",
    message: `has ${serverPem({ certificate, key }).length} bytes with its chain and key: must be no more than ${serverPemMaxBytes}`,
  });
});

test("a key that is too short for a server is refused, since HAProxy would not start with it", () => {
  const [keyFile, file] = [join(folder, "key"), join(folder, "crt")];
  const argv = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=a.test", "-days", "1"];
  execFileSync("openssl", [...argv, "-keyout", keyFile, "-out", file], { stdio: "ignore" });
  const certificate = readFileSync(file, "utf8");
  expect(certificateProblem({ certificate, key: readFileSync(keyFile, "utf8") })).toMatchObject({
    part: "certificate",
    message: expect.stringMatching(/cannot be used: .*small/i) as string,
  });
});

test("names and dates are looked at", async () => {
  const nowMs = Date.now();
  const ca = await issueCa(nowMs);
  const { cert } = await issueServing(ca, ["a.test", "*.b.test"], nowMs);
  const [certificate] = certificatesIn(cert);
  if (certificate === undefined) throw new Error("no certificate");
  expect(misfit(certificate, "a.test", nowMs)).toBeUndefined();
  expect(misfit(certificate, "*.b.test", nowMs)).toBeUndefined();
  expect(misfit(certificate, "c.test", nowMs)).toBe("is for a.test, *.b.test, not for c.test");
  expect(misfit(certificate, "a.test", nowMs + 400 * dayMs)).toMatch(/^expired on \d{4}-/);
  expect(misfit(certificate, "a.test", nowMs - 2 * dayMs)).toMatch(/^is not valid before \d{4}-/);
});
