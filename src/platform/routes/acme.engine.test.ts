/** Certificates of an ACME authority: Let's Encrypt's own test server, a real HAProxy. */

import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { issueCa, issueServing } from "../../lib/certificates/certificates.ts";
import { findCondition } from "../../model/conditions.ts";
import { encodeEntries } from "../../lib/base64.ts";
import { newObject } from "../../model/kind.ts";
import { freePort } from "../../lib/free-port.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { aRoute } from "./testing/route-objects.ts";
import { RouterBench, until } from "./testing/router-bench.ts";

/** Pebble and its DNS server, which answers 127.0.0.1 for every name. */
class Authority {
  readonly dir: string;
  readonly url: string;
  readonly ca: string;
  readonly managementPort: number;
  readonly #children: readonly ChildProcess[];

  private constructor(
    dir: string,
    given: { url: string; ca: string; port: number; children: readonly ChildProcess[] },
  ) {
    this.dir = dir;
    this.url = given.url;
    this.ca = given.ca;
    this.managementPort = given.port;
    this.#children = given.children;
  }

  static async start(httpPort: number, customers?: Readonly<Record<string, string>>): Promise<Authority> {
    const dir = await mkdtemp(join(tmpdir(), "nagi-acme-"));
    const ca = await issueCa(Date.now(), "CN=private authority");
    const own = await issueServing(ca, ["localhost"], Date.now());
    await writeFile(join(dir, "own.crt"), own.cert);
    await writeFile(join(dir, "own.key"), own.key);
    const [port, dnsPort, managementPort] = [await freePort(), await freePort(), await freePort()];
    const pebble = {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${await freePort()}`,
      certificate: join(dir, "own.crt"),
      privateKey: join(dir, "own.key"),
      httpPort,
      tlsPort: 1,
      ocspResponderURL: "",
      ...(customers !== undefined && {
        externalAccountBindingRequired: true,
        externalAccountMACKeys: customers,
      }),
    };
    await writeFile(join(dir, "pebble.json"), JSON.stringify({ pebble }));
    const run = (program: string, ...argv: string[]): ChildProcess =>
      spawn(program, argv, { stdio: "ignore", env: { PATH: "/usr/bin:/bin", PEBBLE_VA_NOSLEEP: "1" } });
    const dns = `127.0.0.1:${dnsPort}`;
    const children = [
      run(
        "pebble-challtestsrv",
        "-dns01",
        dns,
        "-http01",
        "",
        "-https01",
        "",
        "-tlsalpn01",
        "",
        "-management",
        `127.0.0.1:${managementPort}`,
        "-defaultIPv4",
        "127.0.0.1",
        "-defaultIPv6",
        "",
      ),
      run("pebble", "-config", join(dir, "pebble.json"), "-dnsserver", dns),
    ];
    const url = `https://localhost:${port}/dir`;
    await until(async () => {
      if (children.some(({ exitCode }) => exitCode !== null)) throw new Error("pebble does not run");
      return await answers(port);
    });
    return new Authority(dir, { url, ca: ca.cert, port: managementPort, children });
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill();
    await rm(this.dir, { recursive: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    socket.on("secureConnect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("close", () => socket.destroy());
    socket.on("secureConnect", () => socket.destroy());
  });
}

let bench: RouterBench;
let authority: Authority;

beforeAll(async () => {
  bench = await RouterBench.make();
  authority = await Authority.start(bench.port);
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await authority.stop();
});

const tls = (name: string) => ({
  termination: "edge" as const,
  insecureEdgeTerminationPolicy: "Redirect" as const,
  externalCertificate: { name },
});
const asked = (annotations = {}) => ({
  annotations: { "kubernetes.io/tls-acme": "true", "nagi.dev/acme-server": authority.url, ...annotations },
});
const conditionOf = async (client: FakeClient, name: string) => {
  const { status } = await client.get(route, { namespace: "default", name });
  return findCondition(status?.ingress?.[0]?.conditions, "Certificate");
};

test("are got over HTTP and over DNS, shown, and told of; a refusal is told in the authority's words", async () => {
  const hooks = join(bench.dir, "acme/hooks");
  await mkdir(hooks, { recursive: true });
  const management = `http://127.0.0.1:${authority.managementPort}`;
  await writeFile(
    join(hooks, "test"),
    `#!/bin/sh -e
echo "$1 $2" >> ${authority.dir}/called
if [ "$1" = present ]; then what=set-txt; else what=clear-txt; fi
exec curl -sf -d "{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}" ${management}/$what
`,
  );
  await chmod(join(hooks, "test"), 0o755);
  const client = new FakeClient({
    objects: [
      aRoute("web", { host: "shop.example.test", tls: tls("web-acme") }, asked()),
      aRoute(
        "all",
        { host: "any.example.test", wildcardPolicy: "Subdomain", tls: tls("all-acme") },
        asked({ "nagi.dev/acme-dns-hook": "test", "nagi.dev/acme-email": "ops@example.test" }),
      ),
      aRoute(
        "wrong",
        { host: "any.other.test", wildcardPolicy: "Subdomain", tls: tls("wrong-acme") },
        asked(),
      ),
    ],
  });
  await bench.start(client, undefined, () => Promise.resolve({ ca: authority.ca, proxies: {} }));
  await until(async () => (await conditionOf(client, "web"))?.reason === "Issued");
  await until(async () => (await conditionOf(client, "all"))?.reason === "Issued");
  await until(async () => (await conditionOf(client, "wrong"))?.reason === "Failed");
  expect((await conditionOf(client, "web"))?.message).toMatch(
    /^of CN=Pebble .*, until \d{4}-.*, renewed from \d{4}-/,
  );
  expect((await conditionOf(client, "wrong"))?.message).toMatch(
    /^attempt 1 failed, the next is at .*DNS hook/,
  );
  expect(await issuerShown("shop.example.test")).toContain("Pebble");
  expect(await issuerShown("a.example.test")).toContain("Pebble");
  expect(await issuerShown("a.other.test")).toContain("Nagi local CA");
  expect(await readFile(join(authority.dir, "called"), "utf8")).toBe(
    "present _acme-challenge.example.test.\ncleanup _acme-challenge.example.test.\n",
  );
  // HTTP is sent on to HTTPS, except where the authority asks.
  expect((await bench.get("shop.example.test", "/")).status).toBe(302);
  expect((await bench.get("shop.example.test", "/.well-known/acme-challenge/x")).status).toBe(404);

  const ref = { namespace: "default", name: "web-acme" };
  expect((await client.get(secret, ref)).metadata.ownerReferences?.[0]).toMatchObject({
    kind: "Route",
    name: "web",
  });
  const accounts = (await client.list(secret, { namespace: "nagi-system" })).items;
  expect(accounts.map(({ metadata }) => metadata.name?.replace(/[0-9a-f]+$/, ""))).toEqual([
    "acme-account-",
    "acme-account-",
  ]);

  // Lost, it is got again, with the same account.
  await client.delete(secret, ref);
  await until(async () => (await client.get(secret, ref).catch(() => undefined)) !== undefined);
  expect((await client.list(secret, { namespace: "nagi-system" })).items).toHaveLength(2);
});

test("an authority that gives to its customers only is asked with the account of one", async () => {
  const hmac = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
  const closed = await Authority.start(bench.port, { "customer-1": hmac });
  const account = (name: string, texts: Record<string, string>): Secret =>
    newObject<Secret>(secret, { name, namespace: "default" }, { type: "Opaque", data: encodeEntries(texts) });
  const wanting = (name: string, annotations: Record<string, string> = {}) =>
    aRoute(
      name,
      { host: `${name}.customer.test`, tls: tls(`${name}-acme`) },
      {
        annotations: {
          ...asked().annotations,
          "nagi.dev/acme-server": closed.url,
          ...annotations,
        },
      },
    );
  const by = (name: string) => ({ "nagi.dev/acme-external-account": name });
  const client = new FakeClient({
    objects: [
      account("good", { kid: "customer-1", hmac: `${hmac}\n` }),
      account("other", { kid: "customer-1", hmac: hmac.toLowerCase() }),
      account("odd", { kid: "customer-1", hmac: "too short" }),
      wanting("known", by("good")),
      wanting("nobody"),
      wanting("forged", by("other")),
      wanting("mistyped", by("odd")),
      wanting("absent", by("not-there")),
    ],
  });
  await bench.start(client, undefined, () => Promise.resolve({ ca: closed.ca, proxies: {} }));
  await until(async () => (await conditionOf(client, "known"))?.reason === "Issued");
  const refusals: Record<string, RegExp> = {
    nobody: /external account/i,
    forged: /attempt 1 failed/,
    mistyped: /secret odd: data.hmac: must be the HMAC key/,
    absent: /there is no secret not-there with the external account/,
  };
  for (const [name, message] of Object.entries(refusals)) {
    await until(async () => (await conditionOf(client, name))?.reason === "Failed");
    expect((await conditionOf(client, name))?.message).toMatch(message);
  }
  await closed.stop();
});

function issuerShown(servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const at = { host: "127.0.0.1", port: bench.httpsPort, servername, rejectUnauthorized: false };
    const socket = connect(at, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      resolve(certificate?.issuer ?? "");
    });
    socket.on("error", reject);
  });
}
