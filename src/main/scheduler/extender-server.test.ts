/** What answers other schedulers, asked by ours over mutual TLS. */

import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { MetricsRegistry } from "../../lib/metrics.ts";
import { ExtenderService } from "../../scheduler/loop/extenders/extender-service.ts";
import { Extenders } from "../../scheduler/loop/extenders/extenders.ts";
import { SchedulerMetrics } from "../../scheduler/loop/scheduler-metrics.ts";
import { readPod } from "../../scheduler/snapshot/pod-info.ts";
import { requests, testBed, testNode, testPod } from "../../scheduler/testing/objects.ts";
import { extenderServer } from "./extender-server.ts";
import { addressText, isLoopback, listen, parseAddress, type Listening } from "./listen.ts";

const nodes = [testNode("a", { cpu: "1" }), testNode("b", { cpu: "8" })];
let folder: string;
let listening: Listening;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nagi-extender-"));
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  for (const name of ["known", "stranger"]) {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: `CN=${name}`,
        keys,
        signingAlgorithm: algorithm,
        extensions: [new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
      },
      webcrypto,
    );
    const key = PemConverter.encode(
      await webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
      "PRIVATE KEY",
    );
    writeFileSync(file(`${name}.crt`), certificate.toString("pem"));
    writeFileSync(file(`${name}.key`), key);
  }
  const { decider } = testBed(nodes);
  const service = new ExtenderService({ client: new FakeClient(), deciderFor: () => decider });
  const tls = { cert: file("known.crt"), key: file("known.key"), clientCa: file("known.crt") };
  listening = await listen(extenderServer(service, silentLogger, tls), parseAddress("0"));
});
afterAll(async () => {
  await listening.close();
  rmSync(folder, { recursive: true });
});

async function askAs(name: string | undefined) {
  const own = name === undefined ? {} : { certFile: file(`${name}.crt`), keyFile: file(`${name}.key`) };
  const extenders = await Extenders.open({
    configs: [
      {
        urlPrefix: `https://${addressText(listening.address)}`,
        filterVerb: "filter",
        weight: 1,
        tls: { caFile: file("known.crt"), ...own },
        timeoutMs: 5000,
        nodeCacheCapable: false,
        managedResources: [],
        ignorable: false,
      },
    ],
    factor: 10,
    metrics: new SchedulerMetrics(new MetricsRegistry()),
    monotonicMs: () => performance.now(),
    clock: systemClock,
    log: silentLogger,
  });
  try {
    const pod = readPod(testPod("p", requests("2", "1Gi")));
    return await extenders.ask(pod, nodes, new AbortController().signal);
  } finally {
    extenders.close();
  }
}

test("answers whoever has a certificate of the authority, and nobody else", async () => {
  const { taken, opinions } = await askAs("known");
  expect([...taken]).toEqual(["b"]);
  expect(opinions[0]?.refused).toEqual(new Map([["a", "Insufficient cpu"]]));
  await expect(askAs("stranger")).rejects.toThrow("extender https://");
  await expect(askAs(undefined)).rejects.toThrow("extender https://");
});

test.each([
  ["8888", "127.0.0.1:8888", true],
  [":8888", "127.0.0.1:8888", true],
  ["0.0.0.0:1", "0.0.0.0:1", false],
  ["[::1]:1", "[::1]:1", true],
  ["[::]:1", "[::]:1", false],
  ["localhost:1", "localhost:1", true],
])("%s is the address %s", (given, text, isNear) => {
  const address = parseAddress(given);
  expect([addressText(address), isLoopback(address)]).toEqual([text, isNear]);
});

test.each(["", "a:b:c", "1.2.3.4", "127.0.0.1:70000"])("%j is no address", (given) => {
  expect(() => parseAddress(given)).toThrow("is no address");
});
