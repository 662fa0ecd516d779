/** Routes over TLS, with a real HAProxy. */

import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { createServer, request } from "node:https";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { serverPem, serverPemMaxBytes } from "../../lib/certificates/certificate-check.ts";
import { issueCa, issueServing, type TlsIdentity } from "../../lib/certificates/certificates.ts";
import { freePort } from "../../lib/free-port.ts";
import { service } from "../../model/kinds/core/service/service.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { KubeObject } from "../../model/meta.ts";
import { Load, RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";
import { LocalAuthority } from "./tls/local-authority.ts";

type Tls = NonNullable<Route["spec"]["tls"]>;
const edge = (more: Partial<Tls> = {}): Tls => ({ termination: "edge", ...more });
const ref = (name: string) => ({ namespace: "default", name });

async function pods(bench: RouterBench): Promise<{ client: (...objects: KubeObject[]) => FakeClient }> {
  const port = await freePort();
  await bench.serve("127.0.1.1", port, (request, response) =>
    response.end(`${String(request.headers["x-forwarded-proto"])} ${request.url}`),
  );
  const slice = aSlice("a", ["127.0.1.1"], [{ name: "", port }]);
  return { client: (...objects) => new FakeClient({ objects: [...objects, aService("a"), slice] }) };
}

/** What is answered, to one who trusts the authority. */
function ask(bench: RouterBench, host: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: bench.httpsPort, servername: host, headers: { host }, ca };
    const asked = request({ ...options, agent: false, path: "/x" }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(body));
    });
    asked.on("error", reject).end();
  });
}

/** The certificate that is shown for a name. */
function shown(bench: RouterBench, servername: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: "127.0.0.1", port: bench.httpsPort, servername, rejectUnauthorized: false },
      () => {
        const certificate = socket.getPeerX509Certificate();
        socket.destroy();
        if (certificate === undefined) reject(new Error("no certificate"));
        else resolve(certificate);
      },
    );
    socket.on("error", reject);
  });
}

async function authority(...names: string[]): Promise<{ ca: string; identity: TlsIdentity }> {
  const ca = await issueCa(Date.now(), "CN=test");
  return { ca: ca.cert, identity: await issueServing(ca, names, Date.now()) };
}

test("hosts get certificates as routes come and change, without a reload and without a lost request", async () => {
  await using bench = await RouterBench.make();
  const { client: clientWith } = await pods(bench);
  const client = clientWith(aRoute("a", { tls: edge({ insecureEdgeTerminationPolicy: "Allow" }) }));
  await bench.start(client);
  const local = await bench.router.localCa();
  expect(await ask(bench, "a.localhost", local)).toBe("https /x");
  const load = new Load(bench.port, { host: "a.localhost" });

  await client.create(route, aRoute("b", { tls: edge(), to: { name: "a" } }));
  await until(async () => (await ask(bench, "b.localhost", local).catch(String)) === "https /x");
  const own = await authority("b.localhost");
  const { cert: certificate, key } = own.identity;
  const before = await client.get(route, ref("b"));
  await client.update(route, { ...before, spec: { ...before.spec, tls: edge({ certificate, key }) } });
  await until(async () =>
    (await shown(bench, "b.localhost")).raw.equals(new X509Certificate(certificate).raw),
  );
  expect(await ask(bench, "b.localhost", own.ca)).toBe("https /x");
  await client.delete(route, ref("b"));
  await until(async () => (await shown(bench, "b.localhost")).checkHost("b.localhost") === undefined);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(bench.router.reloads).toBe(0);

  // What HAProxy would read at a restart is the same, and a Nagi that comes back finds it as it was.
  await bench.start(client);
  expect(await ask(bench, "a.localhost", local)).toBe("https /x");
  expect(await bench.router.localCa()).toBe(local);
  expect(bench.router.reloads).toBe(0);
});

test("a certificate as large as can be comes in while HAProxy runs, without the text around it", async () => {
  await using bench = await RouterBench.make();
  const { client: clientWith } = await pods(bench);
  const client = clientWith(aRoute("a", { tls: edge() }));
  await bench.start(client);
  const text = `Certificate:\n${"        Version: 3 (0x2)\n".repeat(1000)}`;
  const many = Array.from({ length: 560 }, (_, index) => `a${index}.example.test`);
  const own = await authority("b.localhost", ...many);
  const { cert, key } = own.identity;
  const certificate = `${text}${cert}`;
  expect(serverPemMaxBytes - serverPem({ certificate, key }).length).toBeLessThan(500);
  await client.create(route, aRoute("b", { to: { name: "a" }, tls: edge({ certificate, key }) }));
  await until(async () => (await ask(bench, "b.localhost", own.ca).catch(String)) === "https /x");
  expect(bench.router.reloads).toBe(0);
});

test("requests without TLS are allowed, sent on or refused, as the route says", async () => {
  await using bench = await RouterBench.make();
  const { client } = await pods(bench);
  const to = { to: { name: "a" } };
  await bench.start(
    client(
      aRoute("plain", to),
      aRoute("none", { ...to, tls: edge() }),
      aRoute("allow", { ...to, tls: edge({ insecureEdgeTerminationPolicy: "Allow" }) }),
      aRoute("redirect", { ...to, tls: edge({ insecureEdgeTerminationPolicy: "Redirect" }) }),
    ),
  );
  expect(await bench.get("allow.localhost", "/x")).toEqual({ status: 200, body: "http /x" });
  expect(await bench.get("none.localhost")).toEqual({
    status: 403,
    body: `403: this answers over HTTPS only: https://none.localhost:${bench.httpsPort}\n`,
  });
  const url = `http://127.0.0.1:${bench.port}/a/b?c=d`;
  const headers = { host: `redirect.localhost:${bench.port}` };
  const sent = (method: string): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      const asked = plainRequest(url, { method, headers }, (answer) => {
        answer.resume();
        resolve([answer.statusCode, answer.headers.location]);
      });
      asked.on("error", reject).end();
    });
  const location = `https://redirect.localhost:${bench.httpsPort}/a/b?c=d`;
  expect(await sent("GET")).toEqual([302, location]);
  expect(await sent("POST")).toEqual([307, location]);
  const told = async (name: string): Promise<string> =>
    Buffer.concat(await Array.fromAsync(bench.router.logSource.log(aRoute(name), {}))).toString();
  expect(await told("none")).toMatch(
    /^GET \/ status=403 took=\d+ms bytes=\d+ client=127\.0\.0\.1 to=none\n$/,
  );
  expect(await told("redirect")).toMatch(/^GET \/a\/b\?c=d status=302 [^\n]*\nPOST \/a\/b\?c=d status=307 /);
  const local = await bench.router.localCa();
  expect(await ask(bench, "redirect.localhost", local)).toBe("https /x");
  await expect(ask(bench, "plain.localhost", local)).rejects.toThrow(/plain\.localhost/);
});

test("HTTP/2 is spoken to who asks for it", async () => {
  await using bench = await RouterBench.make();
  const { client } = await pods(bench);
  await bench.start(client(aRoute("a", { tls: edge() })));
  const session = connectHttp2(`https://127.0.0.1:${bench.httpsPort}`, {
    servername: "a.localhost",
    ca: await bench.router.localCa(),
  });
  const stream = session.request({ ":path": "/two", ":authority": "a.localhost" });
  let body = "";
  for await (const chunk of stream) body += String(chunk);
  session.close();
  expect(body).toBe("https /two");
});

test("TLS passes through to the app, or is spoken to it anew, and the rest is served beside it", async () => {
  await using bench = await RouterBench.make();
  const { client: clientWith } = await pods(bench);
  const inside = await authority("own.localhost");
  const port = await freePort();
  const server = createServer(inside.identity, (asked, response) => response.end(`app ${asked.url}`));
  await new Promise<void>((resolve) => server.listen(port, "127.0.1.3", resolve));
  const to = { to: { name: "s" } };
  const client = clientWith(aRoute("a", { tls: edge() }));
  await client.create(service, aService("s"));
  await client.create(endpointSlice, aSlice("s", ["127.0.1.3"], [{ name: "", port }]));
  await bench.start(client);
  const local = await bench.router.localCa();
  expect(await ask(bench, "a.localhost", local)).toBe("https /x");

  await client.create(route, aRoute("own", { ...to, tls: { termination: "passthrough" } }));
  await until(async () => (await ask(bench, "own.localhost", inside.ca).catch(String)) === "app /x");
  expect(await ask(bench, "a.localhost", local)).toBe("https /x");

  const destinationCACertificate = inside.ca;
  await client.create(
    route,
    aRoute("re", { ...to, tls: { termination: "reencrypt", destinationCACertificate } }),
  );
  await until(async () => (await ask(bench, "re.localhost", local).catch(String)) === "app /x");
  // Pods that come later are spoken to in the same way.
  const slice = await client.get(endpointSlice, ref("s-1"));
  await client.update(endpointSlice, { ...slice, endpoints: [] });
  await until(async () => (await ask(bench, "re.localhost", local)).startsWith("503"));
  const empty = await client.get(endpointSlice, ref("s-1"));
  await client.update(endpointSlice, { ...empty, endpoints: aSlice("s", ["127.0.1.3"]).endpoints });
  await until(async () => (await ask(bench, "re.localhost", local)) === "app /x");

  const wrong = await authority("other");
  const wrongTls = { termination: "reencrypt" as const, destinationCACertificate: wrong.ca };
  await client.create(route, aRoute("wrong", { ...to, tls: wrongTls }));
  await until(async () => (await ask(bench, "wrong.localhost", local).catch(String)).startsWith("503"));
  server.closeAllConnections();
  server.close();
});

test("a wildcard whose TLS passes through takes no host that is served beside it, nor the platform's", async () => {
  await using bench = await RouterBench.make("apps.w.test");
  const { client: clientWith } = await pods(bench);
  const inside = await authority("*.w.test", "*.b.w.test");
  const port = await freePort();
  const server = createServer(inside.identity, (asked, response) => response.end(`app ${asked.url}`));
  await new Promise<void>((resolve) => server.listen(port, "127.0.1.3", resolve));
  await bench.serve("127.0.0.1", bench.platformPort, (_asked, response) => response.end("platform"));
  const passthrough = (name: string, host: string) =>
    aRoute(name, {
      to: { name: "s" },
      host,
      wildcardPolicy: "Subdomain",
      tls: { termination: "passthrough" },
    });
  const client = clientWith(
    aRoute("a", { host: "a.w.test", tls: edge() }),
    aRoute("path", { host: "path.w.test", path: "/x", to: { name: "a" }, tls: edge() }),
    passthrough("all", "all.w.test"),
    aService("s"),
    aSlice("s", ["127.0.1.3"], [{ name: "", port }]),
  );
  await bench.start(client);
  const local = await bench.router.localCa();
  expect(await ask(bench, "any.w.test", inside.ca)).toBe("app /x");
  expect(await ask(bench, "a.w.test", local)).toBe("https /x");
  expect(await ask(bench, "path.w.test", local)).toBe("https /x");
  expect(await ask(bench, "apps.w.test", local)).toBe("platform");

  // Also while it runs, in whichever order they come.
  await client.create(route, aRoute("late", { host: "late.w.test", to: { name: "a" }, tls: edge() }));
  await until(async () => (await ask(bench, "late.w.test", local).catch(String)) === "https /x");
  await client.create(route, aRoute("b", { host: "x.b.w.test", to: { name: "a" }, tls: edge() }));
  await until(async () => (await ask(bench, "x.b.w.test", local).catch(String)) === "https /x");
  expect(bench.router.reloads).toBe(0);
  await client.create(route, passthrough("below", "all.b.w.test"));
  await until(async () => (await ask(bench, "any.b.w.test", inside.ca).catch(String)) === "app /x");
  expect(await ask(bench, "x.b.w.test", local)).toBe("https /x");
  await client.delete(route, ref("late"));
  await until(async () => (await ask(bench, "late.w.test", inside.ca).catch(String)) === "app /x");
  server.closeAllConnections();
  server.close();
});

test("the authority's key is for its owner only", async () => {
  const dir = await mkdtemp(join(tmpdir(), "nagi-ca-"));
  const clock = new FakeClock();
  const first = await new LocalAuthority(dir, clock).identityFor("*.x.test");
  expect(new X509Certificate(first.cert).checkHost("any.x.test")).toBe("*.x.test");
  expect(await new LocalAuthority(dir, clock).identityFor("*.x.test")).toEqual(first);
  expect((await stat(join(dir, "ca.key"))).mode & 0o777).toBe(0o600);
  await rm(dir, { recursive: true });
});
