/** A section that HAProxy refuses costs the others nothing, with a real HAProxy. */

import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../lib/clock.ts";
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

test("a route that HAProxy refuses is left out and told of, until its section is another one", async () => {
  const dir = await mkdtemp(join(tmpdir(), "nagi-refused-"));
  const [port, httpsPort, platformPort] = [await freePort(), await freePort(), await freePort()];
  const haproxy = new Haproxy({
    dir,
    settings: {
      binds: [{ address: "127.0.0.1", port }],
      tlsBinds: [{ address: "127.0.0.1", port: httpsPort }],
      httpsPort,
      instance: "refused",
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
  const authority = new LocalAuthority(join(dir, "tls"), systemClock);
  const apply = async (sections: Readonly<Record<string, readonly string[]>>) => {
    const table = tableOf(sections);
    const certificates = await certificatesFor(table.rules, "localhost", authority);
    for (;;) {
      const applied = await haproxy.apply({ table, certificates, challenges: new Map() });
      if (applied.againAfterMs === undefined) return applied.table.admissions;
      await new Promise((resolve) => setTimeout(resolve, applied.againAfterMs));
    }
  };
  const said = (text: string): readonly string[] => [
    `http-request return status 200 content-type text/plain string ${text}`,
  ];
  // A connection that has rested is served once more by the worker from before the reload.
  const agent = new Agent();
  const bodyOf = async (name: string): Promise<string> =>
    (await ask(port, { host: `${name}.localhost`, agent })).body;
  try {
    // From the start, while it runs, and mended.
    const first = await apply({
      a: said("a"),
      bad: ["no-such-word"],
      worse: ["http-request no-such-action"],
    });
    expect(first.get("default/a")).toMatchObject({ admitted: true });
    expect(first.get("default/bad")).toMatchObject({
      admitted: false,
      reason: "RefusedByRouter",
      host: "bad.localhost",
      message: expect.stringContaining("no-such-word"),
    });
    expect(first.get("default/worse")).toMatchObject({ admitted: false });
    expect(await bodyOf("a")).toBe("a");
    expect(await bodyOf("bad")).toBe("404: no app answers at bad.localhost.\n");
    const second = await apply({ a: said("aa"), bad: said("bad"), worse: ["http-request no-such-action"] });
    expect([...second].map(([key, { admitted }]) => [key, admitted])).toEqual([
      ["default/a", true],
      ["default/bad", true],
      ["default/worse", false],
    ]);
    expect([await bodyOf("a"), await bodyOf("bad")]).toEqual(["aa", "bad"]);
  } finally {
    await haproxy.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
