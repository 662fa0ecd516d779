/** A section that HAProxy refuses costs the others nothing, with a real HAProxy. */

import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { issueCa, issueServing, type TlsIdentity } from "../../lib/certificates/certificates.ts";
import { freePort } from "../../lib/free-port.ts";
import { silentLogger } from "../../lib/log.ts";
import { Haproxy } from "./haproxy.ts";
import { buildRouteTable, type RouteTable } from "./route-table.ts";
import { ask } from "./testing/router-bench.ts";
import { aRoute } from "./testing/route-objects.ts";
import { certificatesFor } from "./tls/route-certificates.ts";
import { LocalAuthority } from "./tls/local-authority.ts";

/** Routes whose sections are as given. */
function tableOf(sections: Readonly<Record<string, readonly string[]>>): RouteTable {
  const table = buildRouteTable(
    {
      routes: Object.keys(sections).map((name) => aRoute(name)),
      services: [],
      slices: [],
      ingresses: [],
      classes: [],
      secrets: [],
    },
    { domain: "localhost", reservedHosts: [] },
  );
  const backends = table.backends.map((backend) => {
    const name = backend.name.split(":")[2] ?? "";
    return { ...backend, lines: sections[name] ?? [] };
  });
  return { ...table, backends };
}

const said = (text: string): readonly string[] => [
  `http-request return status 200 content-type text/plain string ${text}`,
];

class Bench implements AsyncDisposable {
  readonly port: number;
  readonly #dir: string;
  readonly #haproxy: Haproxy;
  readonly #authority: LocalAuthority;
  // A connection that has rested is served once more by the worker from before the reload.
  readonly #agent = new Agent();

  private constructor(dir: string, [port, httpsPort, platformPort]: readonly [number, number, number]) {
    this.#dir = dir;
    this.port = port;
    this.#haproxy = new Haproxy({
      dir,
      settings: {
        binds: [{ address: "127.0.0.1", port }],
        tlsBinds: [{ address: "127.0.0.1", port: httpsPort }],
        httpsPort,
        instance: `refused-${port}`,
        platform: { host: "127.0.0.1", port: platformPort },
        platformHosts: [],
        maxConnections: 100,
        threads: 1,
        accessRingBytes: 65_536,
      },
      binary: "haproxy",
      hold: () => Promise.resolve(undefined),
      clock: systemClock,
      log: silentLogger,
    });
    this.#authority = new LocalAuthority(join(dir, "tls"), systemClock);
  }

  static async make(): Promise<Bench> {
    const dir = await mkdtemp(join(tmpdir(), "nagi-refused-"));
    return new Bench(dir, [await freePort(), await freePort(), await freePort()]);
  }

  async apply(table: RouteTable): Promise<RouteTable["admissions"]> {
    for (;;) {
      const applied = await this.#haproxy.apply({
        table,
        certificatesFor: (rules) => certificatesFor(rules, "localhost", this.#authority),
        challenges: new Map(),
      });
      if (applied.againAfterMs === undefined) return applied.table.admissions;
      await new Promise((resolve) => setTimeout(resolve, applied.againAfterMs));
    }
  }

  async bodyOf(name: string): Promise<string> {
    return (await ask(this.port, { host: `${name}.localhost`, agent: this.#agent })).body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#haproxy.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** With a certificate that is not looked at before HAProxy does. */
function withCertificates(table: RouteTable, owns: Readonly<Record<string, TlsIdentity>>): RouteTable {
  const rules = table.rules.map((rule) => {
    const { cert: certificate, key } = owns[rule.backend.split(":")[2] ?? ""] ?? {};
    const own = certificate === undefined || key === undefined ? undefined : { certificate, key };
    const tls = { termination: "edge", insecure: "Allow", own, destinationCa: undefined } as const;
    return { ...rule, tls };
  });
  return { ...table, rules };
}

test("a route that HAProxy refuses is left out and told of, until its section is another one", async () => {
  await using bench = await Bench.make();
  // From the start, while it runs, and mended.
  const first = await bench.apply(
    tableOf({
      a: said("a"),
      bad: ["no-such-word"],
      worse: ["http-request no-such-action"],
    }),
  );
  expect(first.get("default/a")).toMatchObject({ admitted: true });
  expect(first.get("default/bad")).toMatchObject({
    admitted: false,
    reason: "RefusedByRouter",
    host: "bad.localhost",
    message: expect.stringContaining("no-such-word"),
  });
  expect(first.get("default/worse")).toMatchObject({ admitted: false });
  expect(await bench.bodyOf("a")).toBe("a");
  expect(await bench.bodyOf("bad")).toBe("404: no app answers at bad.localhost.\n");
  const second = await bench.apply(
    tableOf({ a: said("aa"), bad: said("bad"), worse: ["http-request no-such-action"] }),
  );
  expect([...second].map(([key, { admitted }]) => [key, admitted])).toEqual([
    ["default/a", true],
    ["default/bad", true],
    ["default/worse", false],
  ]);
  expect([await bench.bodyOf("a"), await bench.bodyOf("bad")]).toEqual(["aa", "bad"]);
});

test("a certificate that HAProxy refuses is left out and told of, and the others come and go", async () => {
  await using bench = await Bench.make();
  const ca = await issueCa(Date.now(), "CN=test");
  const [right, other] = await Promise.all(
    ["bad.localhost", "other.localhost"].map((name) => issueServing(ca, [name], Date.now())),
  );
  if (right === undefined || other === undefined) throw new Error("no certificates");
  const mixed = { cert: right.cert, key: other.key };
  const refused = {
    admitted: false,
    reason: "RefusedByRouter",
    message: expect.stringMatching(/^HAProxy does not take it: its certificate: .*inconsistencies/s),
  };
  // From the start, and mended.
  const sections = { a: said("a"), bad: said("bad") };
  const first = await bench.apply(withCertificates(tableOf(sections), { bad: mixed }));
  expect(first.get("default/bad")).toMatchObject(refused);
  expect(first.get("default/a")).toMatchObject({ admitted: true });
  expect(await bench.bodyOf("a")).toBe("a");
  const second = await bench.apply(withCertificates(tableOf(sections), { bad: right }));
  expect(second.get("default/bad")).toMatchObject({ admitted: true });
  expect(await bench.bodyOf("bad")).toBe("bad");
  // While it runs: another host's comes in with it.
  const third = await bench.apply(withCertificates(tableOf(sections), { bad: mixed, a: other }));
  expect(third.get("default/bad")).toMatchObject(refused);
  expect(third.get("default/a")).toMatchObject({ admitted: true });
  expect(await bench.bodyOf("bad")).toBe("404: no app answers at bad.localhost.\n");
  const fourth = await bench.apply(withCertificates(tableOf(sections), { bad: right, a: other }));
  expect(fourth.get("default/bad")).toMatchObject({ admitted: true });
  expect(await bench.bodyOf("bad")).toBe("bad");
});
