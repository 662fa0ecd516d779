import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { createConnection, type Socket } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { sleep, systemClock } from "../../lib/clock.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { freePort } from "../../lib/free-port.ts";
import { Load, RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";

const ref = (name: string) => ({ namespace: "default", name });
const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
const pause = (ms: number) => sleep(systemClock, ms);

async function haproxyPid(bench: RouterBench): Promise<string> {
  const [, stat = ""] = (await readFile(join(bench.dir, "router", "haproxy.pid"), "utf8")).split("\n");
  return stat.split(" ")[0] ?? "";
}

/** Servers of the same port on loopback addresses, as pods are. */
async function pods(bench: RouterBench, count: number): Promise<{ addresses: string[]; port: number }> {
  const port = await freePort();
  const addresses = Array.from({ length: count }, (_, index) => `127.0.1.${index + 1}`);
  for (const address of addresses)
    await bench.serve(address, port, (_request, response) => response.end(address));
  return { addresses, port };
}

async function setEndpoints(
  client: FakeClient,
  name: string,
  slice: ReturnType<typeof aSlice>,
): Promise<void> {
  const present = await client.get(endpointSlice, ref(`${name}-1`));
  await client.update(endpointSlice, { ...present, endpoints: slice.endpoints });
}

test("hosts lead to their apps, and what is not there says so", async () => {
  await using bench = await RouterBench.make();
  const { addresses, port } = await pods(bench, 2);
  await bench.serve("127.0.0.1", bench.platformPort, (_request, response) => response.end("platform"));
  const ports = [{ name: "", port }];
  const client = new FakeClient({
    objects: [
      aRoute("a"),
      aRoute("deep", { host: "a.localhost", path: "/deep" }),
      aRoute("empty"),
      aRoute("late", { host: "a.localhost" }, { creationTimestamp: "2099-01-01T00:00:00Z" }),
      aService("a"),
      aService("deep"),
      aService("empty"),
      aSlice("a", [addresses[0] ?? ""], ports),
      aSlice("deep", [addresses[1] ?? ""], ports),
    ],
  });
  await bench.start(client);
  expect(await bench.get("a.localhost")).toEqual({ status: 200, body: addresses[0] });
  expect(await bench.get("A.localhost:8080", "/deeper?x")).toEqual({ status: 200, body: addresses[0] });
  expect(await bench.get("a.localhost", "/deep")).toEqual({ status: 200, body: addresses[1] });
  expect(await bench.get("a.localhost", "/deep/er?x")).toEqual({ status: 200, body: addresses[1] });
  expect(await bench.get("localhost:8080")).toEqual({ status: 200, body: "platform" });
  expect(await bench.get("other.localhost")).toEqual({
    status: 404,
    body: "404: no app answers at other.localhost.\n",
  });
  const empty = await bench.get("empty.localhost");
  expect(empty.status).toBe(503);
  expect(empty.body).toContain("503: app empty: no instance of it is running.");
  await setEndpoints(client, "a", aSlice("a", [{ addresses: ["127.0.1.1"], conditions: { ready: false } }]));
  await until(async () => (await bench.get("a.localhost")).body.includes("its only instance is not ready"));

  await until(async () => (await client.get(route, ref("late"))).status !== undefined);
  const ingress = async () => (await client.get(route, ref("a"))).status?.ingress?.[0];
  await until(async () => (await ingress())?.conditions?.[1]?.status === "False");
  expect(await ingress()).toMatchObject({
    host: "a.localhost",
    routerName: "default",
    conditions: [
      { type: "Admitted", status: "True" },
      { type: "Served", reason: "NoEndpoints" },
    ],
  });
  expect((await client.get(route, ref("late"))).status?.ingress?.[0]?.conditions).toMatchObject([
    { type: "Admitted", status: "False", reason: "HostAlreadyClaimed" },
  ]);
});

test("endpoints come and go under load without a reload and without a lost request", async () => {
  await using bench = await RouterBench.make();
  const { addresses, port } = await pods(bench, 6);
  const ports = [{ name: "", port }];
  const client = new FakeClient({
    objects: [aRoute("a"), aService("a"), aSlice("a", addresses.slice(0, 2), ports)],
  });
  await bench.start(client);
  const load = new Load(bench.port, { host: "a.localhost" });
  for (let round = 0; round < 30; round += 1) {
    const chosen = addresses.filter((_, index) => (round + index) % 3 !== 0);
    await setEndpoints(client, "a", aSlice("a", chosen, ports));
    await pause(20);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect([...load.answers.keys()].toSorted()).toEqual(addresses);
  expect(bench.router.reloads).toBe(0);
});

test("a server that dies before the router hears of it costs no request that may be repeated", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  const survivor = await bench.serve("127.0.1.1", port, (_request, response) => response.end("one"));
  const victim = await bench.serve("127.0.1.2", port, (_request, response) => response.end("two"));
  const slice = aSlice("a", ["127.0.1.1", "127.0.1.2"], [{ name: "", port }]);
  await bench.start(new FakeClient({ objects: [aRoute("a"), aService("a"), slice] }));
  const load = new Load(bench.port, { host: "a.localhost" }, 2);
  await until(() => (load.answers.get("two") ?? 0) > 20);
  victim.close();
  victim.closeAllConnections();
  const asked = load.requests;
  await until(() => load.requests > asked + 300);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(survivor.listening).toBe(true);
});

test("a request under way ends on an endpoint that drains, and no new one comes", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  const held: (() => void)[] = [];
  await bench.serve("127.0.1.1", port, (request, response) => {
    if (request.url === "/slow") held.push(() => response.end("slow"));
    else response.end("old");
  });
  await bench.serve("127.0.1.2", port, (_request, response) => response.end("new"));
  const ports = [{ name: "", port }];
  const client = new FakeClient({ objects: [aRoute("a"), aService("a"), aSlice("a", ["127.0.1.1"], ports)] });
  await bench.start(client);
  const slow = bench.get("a.localhost", "/slow");
  await until(() => held.length === 1);
  const draining = {
    addresses: ["127.0.1.1"],
    conditions: { ready: false, serving: true, terminating: true },
  };
  await setEndpoints(client, "a", aSlice("a", [draining, "127.0.1.2"], ports));
  await until(async () => (await bench.get("a.localhost")).body === "new");
  for (let index = 0; index < 50; index += 1) expect((await bench.get("a.localhost")).body).toBe("new");
  held[0]?.();
  expect(await slow).toEqual({ status: 200, body: "slow" });
});

test("new routes are served without a reload, and without a lost request when there must be one", async () => {
  await using bench = await RouterBench.make();
  const { addresses, port } = await pods(bench, 4);
  const ports = [{ name: "", port }];
  const client = new FakeClient({
    objects: [aRoute("a"), aService("a"), aSlice("a", addresses.slice(0, 2), ports)],
  });
  await bench.start(client);
  const load = new Load(bench.port, { host: "a.localhost" }, 16);
  for (const name of ["b", "c", "d"]) {
    await client.create(route, aRoute(name, { to: { name: "a" } }));
    await until(async () => (await bench.get(`${name}.localhost`)).status === 200);
  }
  await client.delete(route, ref("c"));
  await until(async () => (await bench.get("c.localhost")).status === 404);
  const moved = await client.get(route, ref("d"));
  await client.update(route, { ...moved, spec: { ...moved.spec, host: "e.localhost" } });
  await until(async () => (await bench.get("e.localhost")).status === 200);
  expect((await bench.get("d.localhost")).status).toBe(404);
  expect(bench.router.reloads).toBe(0);

  // A connection that rests through the reload, then asks once more.
  const resting = createConnection(bench.port, "127.0.0.1");
  let heard = "";
  resting.setEncoding("utf8");
  resting.on("data", (chunk: string) => (heard += chunk));
  const askOnce = (): boolean => resting.write("GET / HTTP/1.1\r\nHost: a.localhost\r\n\r\n");
  askOnce();
  await until(() => heard.includes("\r\n\r\n127.0.1."));
  for (let index = 0; index < 40; index += 1) {
    await client.create(route, aRoute(`many-${index}`, { to: { name: "a" } }));
  }
  await until(() => bench.router.reloads > 0);
  await until(async () => (await bench.get("many-39.localhost")).status === 200);
  heard = "";
  askOnce();
  await until(() => heard.includes("\r\n\r\n127.0.1."));
  await setEndpoints(client, "a", aSlice("a", addresses.slice(2), ports));
  await until(() => (load.answers.get(addresses[3] ?? "") ?? 0) > 50);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(bench.router.reloads).toBeLessThanOrEqual(2);
});

test("endpoints go on coming and going after a reload, which left out the servers that rested", async () => {
  await using bench = await RouterBench.make();
  const { addresses, port } = await pods(bench, 3);
  const [first = "", second = "", third = ""] = addresses;
  const client = new FakeClient({
    objects: [aRoute("a"), aService("a"), aSlice("a", [first], [{ name: "", port }])],
  });
  await bench.start(client);
  const load = new Load(bench.port, { host: "a.localhost" });
  const answered = (address: string) => async () => (await bench.get("a.localhost")).body === address;
  await until(answered(first));
  await setEndpoints(client, "a", aSlice("a", [second]));
  await until(answered(second));
  const annotations = { "haproxy.router.openshift.io/timeout": "60s" };
  await client.patch(route, ref("a"), { type: "merge", body: { metadata: { annotations } } });
  await until(() => bench.router.reloads === 1);
  // Another look, at which nothing of this backend changes.
  await client.create(route, aRoute("other"));
  await until(async () => (await bench.get("other.localhost")).status === 503);
  await setEndpoints(client, "a", aSlice("a", [third]));
  await until(answered(third));
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(bench.router.reloads).toBe(1);
});

test("a restart of Nagi adopts HAProxy as it is, and catches up with what it missed", async () => {
  await using bench = await RouterBench.make();
  const { addresses, port } = await pods(bench, 3);
  const ports = [{ name: "", port }];
  const client = new FakeClient({
    objects: [aRoute("a"), aService("a"), aSlice("a", addresses.slice(0, 2), ports)],
  });
  await bench.start(client);
  const pid = await haproxyPid(bench);
  await setEndpoints(client, "a", aSlice("a", addresses.slice(1, 3), ports));
  const load = new Load(bench.port, { host: "a.localhost" });
  await bench.start(client);
  await bench.start(client);
  await setEndpoints(client, "a", aSlice("a", addresses.slice(2), ports));
  await until(async () => (await bench.get("a.localhost")).body === addresses[2]);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(bench.router.reloads).toBe(0);
  expect(await haproxyPid(bench)).toBe(pid);
});

test("HAProxy killed comes back with the endpoints of the moment", async () => {
  await using bench = await RouterBench.make();
  const { addresses, port } = await pods(bench, 2);
  const ports = [{ name: "", port }];
  const client = new FakeClient({
    objects: [aRoute("a"), aService("a"), aSlice("a", addresses.slice(0, 1), ports)],
  });
  await bench.start(client);
  await setEndpoints(client, "a", aSlice("a", addresses.slice(1), ports));
  await until(async () => (await bench.get("a.localhost")).body === addresses[1]);
  const pid = await haproxyPid(bench);
  process.kill(Number(pid), "SIGKILL");
  await until(async () => (await haproxyPid(bench)) !== pid);
  await until(async () => (await bench.get("a.localhost").catch(() => undefined))?.body === addresses[1]);
  // And it hears of endpoints again.
  await setEndpoints(client, "a", aSlice("a", addresses.slice(0, 1), ports));
  await until(async () => (await bench.get("a.localhost")).body === addresses[0]);
});

test("web sockets, event streams and large bodies pass, and outlive the endpoint's leaving", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  const big = Buffer.alloc(8 * 1024 * 1024, "x");
  const streams: ServerResponse[] = [];
  const server = await bench.serve("127.0.1.1", port, (request, response) => {
    if (request.url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
      streams.push(response);
    } else response.end(big);
  });
  server.on("upgrade", (request, socket: Socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    const head = `${upgrade}Sec-WebSocket-Accept: ${accept}\r\n`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head}\r\n`);
    socket.pipe(socket);
  });
  const ports = [{ name: "", port }];
  const client = new FakeClient({ objects: [aRoute("a"), aService("a"), aSlice("a", ["127.0.1.1"], ports)] });
  await bench.start(client);
  expect((await bench.get("a.localhost", "/big")).body.length).toBe(big.length);

  const raw = (text: string) => {
    const socket = createConnection(bench.port, "127.0.0.1");
    const seen = { text: "", socket };
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (seen.text += chunk));
    socket.write(text);
    return seen;
  };
  const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\nSec-WebSocket-Version: 13\r\n`;
  const web = raw(`GET /ws HTTP/1.1\r\nHost: a.localhost\r\n${upgrade}${key}\r\n`);
  const events = raw("GET /events HTTP/1.1\r\nHost: a.localhost\r\n\r\n");
  await until(() => web.text.includes("101") && events.text.includes("data: 1"));
  await setEndpoints(client, "a", aSlice("a", [], ports));
  await until(async () => (await bench.get("a.localhost")).status === 503);
  web.socket.write("ping");
  streams[0]?.write("data: 2\n\n");
  await until(() => web.text.endsWith("ping") && events.text.includes("data: 2"));
  web.socket.destroy();
  events.socket.destroy();
});
