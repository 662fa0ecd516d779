/** The settings of routes, with a real HAProxy. */

import { createHash } from "node:crypto";
import {
  createServer as createHttp2,
  connect as connectHttp2,
  type ClientHttp2Session,
  type Http2Server,
  type ServerHttp2Stream,
} from "node:http2";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { freePort } from "../../lib/free-port.ts";
import { newObject } from "../../model/kind.ts";
import { configMap, type ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { pageMaxBytes, pagesLabel } from "../../model/kinds/route/route/pages.ts";
import type { KubeObject } from "../../model/meta.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { routeSettings, type SettingName } from "../../model/kinds/route/route/route-settings.ts";
import { Load, RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";

type Settings = Partial<Record<SettingName, string>>;

function annotationsOf(settings: Settings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [routeSettings[name as SettingName].annotation, value]),
  );
}

function routeWith(name: string, settings: Settings): Route {
  return aRoute(name, { to: { name: "a" } }, { annotations: annotationsOf(settings) });
}

/** An app of several pods that answer with their address and the headers that they got. */
async function app(
  bench: RouterBench,
  addresses: readonly string[],
  ...objects: KubeObject[]
): Promise<FakeClient> {
  const port = await freePort();
  for (const address of addresses)
    await bench.serve(address, port, (asked, response) => {
      response.setHeader("x-gone", "1");
      response.end(JSON.stringify({ address, headers: asked.headers }));
    });
  const client = new FakeClient({
    objects: [...objects, aService("a"), aSlice("a", addresses, [{ name: "", port }])],
  });
  await bench.start(client);
  return client;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly path?: string;
}

function ask(bench: RouterBench, name: string, asked: Asked = {}): Promise<Answered> {
  const { method = "GET", headers = {}, body, path = "/" } = asked;
  const all = { host: `${name}.localhost`, ...headers };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port: bench.port, method, path, headers: all, agent: false },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    sent.on("error", reject).end(body);
  });
}

/** What is answered to who says this length, and sends nothing yet. */
function statusOf(bench: RouterBench, name: string, length: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${name}.localhost`, "content-length": length };
    const options = { host: "127.0.0.1", port: bench.port, method: "POST", headers, agent: false };
    const sent = request(options, (response) => {
      resolve(response.statusCode ?? 0);
      sent.destroy();
    });
    sent.on("error", reject);
    sent.flushHeaders();
  });
}

test("who may ask, and how much", async () => {
  await using bench = await RouterBench.make();
  const basic = `Basic ${Buffer.from("ann:it's 100%").toString("base64")}`;
  const salt = "0123456789abcdef";
  const digest = createHash("sha256")
    .update(basic + salt)
    .digest("hex");
  const many = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`).join(" ");
  await app(
    bench,
    ["127.0.1.1"],
    routeWith("in", { allow: `${many} 127.0.0.0/8` }),
    routeWith("out", { allow: `${many} 2001:db8::/32` }),
    routeWith("auth", { "basic-auth": `ann:${salt}:${digest}` }),
    routeWith("rate", { "rate-limit": "5/h" }),
    routeWith("body", { "max-body": "1k" }),
    routeWith("large", { "max-body": "4g" }),
  );
  expect((await ask(bench, "in")).status).toBe(200);
  expect(await ask(bench, "out")).toMatchObject({ status: 403, text: "403: 127.0.0.1 may not ask here.\n" });
  const refused = await ask(bench, "auth");
  expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="auth"']);
  expect((await ask(bench, "auth", { headers: { authorization: `${basic}x` } })).status).toBe(401);
  expect((await ask(bench, "auth", { headers: { authorization: basic } })).status).toBe(200);
  const statuses: number[] = [];
  for (let index = 0; index < 7; index += 1) statuses.push((await ask(bench, "rate")).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  const post = (body: string, headers = {}): Promise<Answered> =>
    ask(bench, "body", { method: "POST", body, headers });
  expect((await post("x".repeat(1024))).status).toBe(200);
  expect((await post("x".repeat(1025))).status).toBe(413);
  expect((await post("x", { "transfer-encoding": "chunked" })).status).toBe(411);
  // Numbers of 32 and of 64 bits begin anew there.
  for (const length of ["3000000000", "4294967297", "18446744073709551615", "00000000000000001025"])
    expect([length, await statusOf(bench, "body", length)]).toEqual([length, 413]);
  expect(await statusOf(bench, "large", "4294967296")).toBe(200);
  expect(await statusOf(bench, "large", "4294967297")).toBe(413);
});

/** What the worker answers to a command. */
async function told(bench: RouterBench, command: string): Promise<string> {
  const socket = connect(join(bench.dir, "router", "worker.sock"));
  socket.write(`${command}\n`);
  return Buffer.concat(await Array.fromAsync(socket)).toString();
}

test("what was counted of an address is not forgotten by a reload", async () => {
  await using bench = await RouterBench.make();
  if (process.getuid?.() === 0) bench.user = "haproxy";
  const client = await app(bench, ["127.0.1.1"], routeWith("rate", { "rate-limit": "3/h" }));
  const statusNow = async (): Promise<number> => (await ask(bench, "rate")).status;
  expect([await statusNow(), await statusNow(), await statusNow()]).toEqual([200, 200, 200]);
  // A worker without one before it waits for that for some seconds, and hands nothing on until then.
  await until(async () => (await told(bench, "show peers")).includes("resync_timeout=<PAST>"));
  for (const name of ["b", "c"]) {
    const { reloads } = bench.router;
    await client.create(route, routeWith(name, { timeout: "7s" }));
    await until(() => bench.router.reloads > reloads);
    await until(async () => (await ask(bench, name)).status === 200);
    expect(await statusNow()).toBe(429);
  }
});

test("no text of a route ends HAProxy's command line, or begins what it takes for data", async () => {
  await using bench = await RouterBench.make();
  const client = await app(bench, ["127.0.1.1"], routeWith("a", {}), routeWith("b", {}));
  const setText = async (name: string, text: string): Promise<void> => {
    const given = await client.get(route, { namespace: "default", name });
    const { metadata } = routeWith(name, { maintenance: text });
    await client.update(route, {
      ...given,
      metadata: { ...given.metadata, annotations: metadata.annotations },
    });
  };
  for (const text of ["brb <<", "<<%end", String.raw`brb \<<\ `, "a; disable frontend http"]) {
    await setText("a", text);
    await until(async () => (await ask(bench, "a")).text.trimEnd() === `503: ${text}`.trimEnd());
  }
  await setText("b", "later");
  await until(async () => (await ask(bench, "b")).text === "503: later\n");
  expect(bench.router.reloads).toBe(0);
});

test("headers and redirects", async () => {
  await using bench = await RouterBench.make();
  await app(
    bench,
    ["127.0.1.1"],
    routeWith("head", {
      "request-header": 'X-One: it\'s 100% "so" $HOME %[src]\nUser-Agent:',
      "response-header": "X-Two: b\nX-Gone:",
    }),
    routeWith("moved", { redirect: "301 https://www.example.com/new/" }),
  );
  const { text, headers } = await ask(bench, "head", { headers: { "user-agent": "me" } });
  const got = (JSON.parse(text) as { headers: IncomingHttpHeaders }).headers;
  expect([got["x-one"], got["user-agent"]]).toEqual(['it\'s 100% "so" $HOME %[src]', undefined]);
  expect([headers["x-two"], headers["x-gone"]]).toEqual(["b", undefined]);
  const moved = await ask(bench, "moved", { path: "/a?b=c" });
  expect([moved.status, moved.headers.location]).toEqual([301, "https://www.example.com/new/a?b=c"]);
});

test("a client stays with its instance, whenever that was added", async () => {
  await using bench = await RouterBench.make();
  const addresses = ["127.0.1.1", "127.0.1.2", "127.0.1.3"];
  const client = await app(bench, addresses, routeWith("stay", { sticky: "seat" }));
  const all = await client.get(endpointSlice, { namespace: "default", name: "a-1" });
  const [first] = all.endpoints;
  await client.update(endpointSlice, { ...all, endpoints: first === undefined ? [] : [first] });
  const addressOf = ({ text }: Answered): string => (JSON.parse(text) as { address: string }).address;
  await until(async () => {
    const seen = [await ask(bench, "stay"), await ask(bench, "stay"), await ask(bench, "stay")];
    return new Set(seen.map(addressOf)).size === 1;
  });
  const now = await client.get(endpointSlice, { namespace: "default", name: "a-1" });
  await client.update(endpointSlice, { ...now, endpoints: all.endpoints });
  const cookies = new Map<string, string>();
  await until(async () => {
    const answer = await ask(bench, "stay");
    cookies.set(addressOf(answer), answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "");
    return cookies.size === 3;
  });
  for (const [address, cookie] of cookies) {
    expect(cookie).toMatch(/^seat=\w+$/);
    for (let index = 0; index < 4; index += 1)
      expect(addressOf(await ask(bench, "stay", { headers: { cookie } }))).toBe(address);
  }
});

test("maintenance comes and goes without a reload, and leaves others alone", async () => {
  await using bench = await RouterBench.make();
  const client = await app(bench, ["127.0.1.1"], routeWith("a", {}), routeWith("b", {}));
  const load = new Load(bench.port, { host: "b.localhost" });
  const setTo = async (value: string | null): Promise<void> => {
    const body = { metadata: { annotations: { [routeSettings.maintenance.annotation]: value } } };
    await client.patch(route, { namespace: "default", name: "a" }, { type: "merge", body });
  };
  await setTo("Back at noon; 100% sure.");
  await until(async () => (await ask(bench, "a")).status === 503);
  const { text, headers } = await ask(bench, "a");
  expect([text, headers["retry-after"]]).toEqual(["503: Back at noon; 100% sure.\n", "60"]);
  await setTo("on");
  await until(async () => (await ask(bench, "a")).text.includes("being worked on"));
  await setTo(null);
  await until(async () => (await ask(bench, "a")).status === 200);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(bench.router.reloads).toBe(0);
});

test("pages of one's own stand for the router's answers, over a restart too", async () => {
  await using bench = await RouterBench.make();
  const pagesOf = (namespace: string, name: string, data: Record<string, string>): ConfigMap =>
    newObject<ConfigMap>(
      configMap,
      { namespace, name: `${name}-pages`, labels: { [pagesLabel]: name } },
      { data },
    );
  const whole = `<h1>100% %[src] "sorry"</h1>`.padEnd(pageMaxBytes, "x");
  const wild = aRoute(
    "any",
    { host: "any.wild.localhost", wildcardPolicy: "Subdomain", to: { name: "none" } },
    { annotations: annotationsOf({ maintenance: "Only this." }), labels: { "nagi.dev/app": "any" } },
  );
  const client = await app(
    bench,
    ["127.0.1.1"],
    pagesOf("default", "gone", { "503.html": whole }),
    pagesOf("default", "rest", { "maintenance.html": "<p>soon</p>" }),
    pagesOf("nagi-system", "router", { "404.html": "<p>nobody</p>" }),
    routeWith("a", {}),
    aRoute("gone", { to: { name: "none" } }),
    aRoute(
      "rest",
      { to: { name: "none" }, path: "/x" },
      { annotations: annotationsOf({ maintenance: "on" }) },
    ),
    wild,
    aRoute("plain", { to: { name: "none" } }),
  );
  const type = "text/html; charset=utf-8";
  const shown = async (name: string, path = "/"): Promise<unknown[]> => {
    const { status, text, headers } = await ask(bench, name, { path });
    return [status, text, headers["content-type"]];
  };
  expect(await shown("nobody")).toEqual([404, "<p>nobody</p>", type]);
  const all = async (): Promise<void> => {
    expect(await shown("gone")).toEqual([503, whole, type]);
    expect(await shown("rest", "/x/y")).toEqual([503, "<p>soon</p>", type]);
    expect(await shown("b.wild")).toEqual([503, "503: Only this.\n", "text/plain"]);
    expect(await shown("plain")).toMatchObject([503, expect.stringContaining("app plain:"), "text/plain"]);
    expect((await shown("a"))[0]).toBe(200);
  };
  await all();
  // Going into maintenance and back is no reload, page or not.
  const setTo = async (value: string | null): Promise<void> => {
    const body = { metadata: { annotations: { [routeSettings.maintenance.annotation]: value } } };
    await client.patch(route, { namespace: "default", name: "rest" }, { type: "merge", body });
  };
  await setTo(null);
  await until(async () => String((await shown("rest", "/x"))[1]).includes("app rest:"));
  await setTo("on");
  await until(async () => (await shown("rest", "/x"))[1] === "<p>soon</p>");
  expect(bench.router.reloads).toBe(0);
  await bench.start(client);
  await all();
  await client.delete(configMap, { namespace: "default", name: "gone-pages" });
  await until(async () => String((await shown("gone"))[1]).includes("app gone:"));
});

/** As a gRPC server does it: sends back each message with its address, and says in a trailer that all went well. */
async function serveStreams(address: string, port: number): Promise<Http2Server> {
  const server = createHttp2();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.on("data", (data: Buffer) => stream.write(`${address}${headers[":path"]} ${data.toString()}`));
    stream.on("end", () => stream.end());
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return server;
}

/** A stream in both directions: `say` gives what comes back. */
function openStream(session: ClientHttp2Session) {
  const stream = session.request({ ":method": "POST", ":path": "/p.S/Call", ":authority": "g.localhost" });
  const trailers = new Promise((resolve) => stream.on("trailers", resolve));
  const say = (text: string): Promise<string> => {
    stream.write(text);
    return new Promise((resolve) => stream.once("data", (data: Buffer) => resolve(data.toString())));
  };
  const end = (): Promise<unknown> => {
    stream.end();
    return trailers;
  };
  return { say, end };
}

test("streams of HTTP/2 in both directions outlive a change of instances, with and without TLS", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  const [old, next] = ["127.0.1.4", "127.0.1.5"] as const;
  const servers = await Promise.all([old, next].map((address) => serveStreams(address, port)));
  const tls = { termination: "edge" as const, insecureEdgeTerminationPolicy: "Allow" as const };
  const annotations = annotationsOf({ "app-protocol": "h2c" });
  const client = new FakeClient({
    objects: [aRoute("g", { tls }, { annotations }), aService("g"), aSlice("g", [old], [{ name: "", port }])],
  });
  await bench.start(client);
  const sessions = [
    connectHttp2(`http://127.0.0.1:${bench.port}`),
    connectHttp2(`https://127.0.0.1:${bench.httpsPort}`, {
      servername: "g.localhost",
      ca: await bench.router.localCa(),
    }),
  ];
  const long = sessions.map(openStream);
  for (const { say } of long) expect(await say("one")).toBe(`${old}/p.S/Call one`);
  const slice = await client.get(endpointSlice, { namespace: "default", name: "g-1" });
  await client.update(endpointSlice, { ...slice, endpoints: aSlice("g", [next]).endpoints });
  for (const session of sessions)
    await until(async () => {
      const { say, end } = openStream(session);
      const answer = await say("new");
      expect(await end()).toMatchObject({ "grpc-status": "0" });
      return answer === `${next}/p.S/Call new`;
    });
  for (const { say, end } of long) {
    expect(await say("two")).toBe(`${old}/p.S/Call two`);
    expect(await end()).toMatchObject({ "grpc-status": "0" });
  }
  expect(bench.router.reloads).toBe(0);
  for (const session of sessions) session.close();
  for (const server of servers) server.close();
});
