/** Routes of TCP, with a real HAProxy. */

import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { findCondition } from "../../model/conditions.ts";
import { freePort } from "../../lib/free-port.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { routeMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { tcpPortAnnotation, tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import { RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";

const ref = (name: string) => ({ namespace: "default", name });

function tcpRoute(name: string, port: number | "auto", spec: Partial<Route["spec"]> = {}): Route {
  const made = aRoute(name, spec, { annotations: { [tcpPortAnnotation]: `${port}` } });
  const { host: _host, ...rest } = made.spec;
  return { ...made, spec: rest };
}

/** Says who it is to whoever connects, then sends back what it gets. */
async function echo(address: string, port: number): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).write(`${address}\n`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return server;
}

function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text.trim());
    });
    socket.on("error", (error) => resolve(error.message)).on("close", () => resolve("closed"));
  });
}

async function hello(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const line = await firstLine(socket);
  socket.destroy();
  return line;
}

async function portsOf(bench: RouterBench): Promise<readonly [number, number, number]> {
  const ports = [await freePort(), await freePort(), await freePort()].toSorted((a, b) => a - b);
  const [first = 0, second = 0, last = 0] = ports;
  bench.tcpPorts = { first, last };
  return [first, second, last];
}

async function admissionOf(client: FakeClient, name: string) {
  const { status } = await client.get(route, ref(name));
  return findCondition(status?.ingress?.[0]?.conditions, "Admitted");
}

test("a port of the machine leads to instances that come and go without a reload, and over a restart", async () => {
  await using bench = await RouterBench.make();
  bench.meterWindowMs = 500;
  const [first, second] = await portsOf(bench);
  const port = await freePort();
  const addresses = ["127.0.1.1", "127.0.1.2"];
  const servers = await Promise.all(addresses.map((address) => echo(address, port)));
  const ports = [{ name: "", port }];
  const client = new FakeClient({
    objects: [
      tcpRoute("a", "auto"),
      tcpRoute("b", second, {
        to: { kind: "Service", name: "a", weight: 100 },
        tls: { termination: "edge" },
      }),
      aRoute("web"),
      aService("a"),
      aSlice("a", ["127.0.1.1"], ports),
    ],
  });
  await bench.start(client);
  await until(async () => (await admissionOf(client, "a"))?.status === "True");
  expect(tcpPortOf(await client.get(route, ref("a")))).toBe(first);
  expect((await client.get(route, ref("a"))).status?.ingress?.[0]?.host).toBe(`tcp:${first}`);
  expect(await hello(first)).toBe("127.0.1.1");

  // TLS in front, with the certificate of the platform's domain for who names none.
  const secure = connectTls({
    host: "127.0.0.1",
    port: second,
    ca: await bench.router.localCa(),
    servername: "localhost",
  });
  expect(await firstLine(secure)).toBe("127.0.1.1");
  secure.destroy();

  const long = connect(first, "127.0.0.1");
  expect(await firstLine(long)).toBe("127.0.1.1");
  const { reloads } = bench.router;
  const slice = await client.get(endpointSlice, ref("a-1"));
  await client.update(endpointSlice, { ...slice, endpoints: aSlice("a", ["127.0.1.2"]).endpoints });
  await until(async () => (await hello(first)) === "127.0.1.2");
  expect(bench.router.reloads).toBe(reloads);
  // What was open goes on: its instance has not ended yet.
  long.write("still here\n");
  expect(await firstLine(long)).toBe("still here");
  await bench.start(client);
  expect(await hello(first)).toBe("127.0.1.2");
  long.write("and here\n");
  expect(await firstLine(long)).toBe("and here");
  long.destroy();

  // Logged once it has ended, and counted.
  const bytes = async (): Promise<string> => {
    let text = "";
    for await (const chunk of bench.router.logSource.log(await client.get(route, ref("a")), {}))
      text += Buffer.from(chunk).toString();
    return text;
  };
  await until(async () => (await bytes()).includes(`TCP :${first} ended=`));
  expect(await bytes()).toMatch(/ended=\S+ open=\d+ms bytes=\d+ client=127\.0\.0\.1 to=pod-127\.0\.1\.\d/);
  await until(async () => {
    await hello(first);
    const metrics = await client.get(routeMetrics, ref("a")).catch(() => undefined);
    return (metrics?.requests ?? 0) > 0;
  });
  expect((await client.get(routeMetrics, ref("a"))).latency?.p99Ms ?? 0).toBe(0);
  for (const server of servers) server.close();
});

test("a port that somebody has is refused, with who that is, and harms no other route", async () => {
  await using bench = await RouterBench.make();
  const [first, second, last] = await portsOf(bench);
  const port = await freePort();
  const server = await echo("127.0.1.1", port);
  bench.holders.set(second, { name: "nginx", pid: 7 });
  const to = { kind: "Service" as const, name: "a", weight: 100 };
  const later = tcpRoute("later", first, { to });
  later.metadata.creationTimestamp = "2099-01-01T00:00:00Z";
  const client = new FakeClient({
    objects: [
      tcpRoute("a", first),
      later,
      tcpRoute("nginx", second, { to }),
      tcpRoute("far", last + 1, { to }),
      aService("a"),
      aSlice("a", ["127.0.1.1"], [{ name: "", port }]),
    ],
  });
  await bench.start(client);
  expect(await hello(first)).toBe("127.0.1.1");
  const refusals = {
    later: `route a has port ${first} and is older`,
    nginx: `nginx (pid 7) listens on port ${second} of the machine`,
    far: `port ${last + 1} is none of ${first} to ${last}, which routes can have (nagi up --tcp-ports)`,
  };
  for (const [name, message] of Object.entries(refusals)) {
    await until(async () => (await admissionOf(client, name)) !== undefined);
    expect(await admissionOf(client, name)).toMatchObject({ status: "False", message });
  }
  // Who lets it go gives it to the next.
  await client.delete(route, ref("a"));
  await until(async () => (await admissionOf(client, "later"))?.status === "True");
  expect(await hello(first)).toBe("127.0.1.1");
  // Who may connect.
  const allow = async (networks: string | null): Promise<void> => {
    const annotations = { "haproxy.router.openshift.io/ip_allowlist": networks };
    await client.patch(route, ref("later"), { type: "merge", body: { metadata: { annotations } } });
  };
  await allow("192.0.2.0/24");
  await until(async () => /closed|RESET/.test(await hello(first)));
  await allow(null);
  await until(async () => (await hello(first)) === "127.0.1.1");
  server.close();
});
