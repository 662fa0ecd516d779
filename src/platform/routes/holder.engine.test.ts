/** An app that sleeps, behind a real HAProxy: what comes for it is held, and counted. */

import { createConnection, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { freePort } from "../../lib/free-port.ts";
import { sleep, systemClock } from "../../lib/clock.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { wakesAnnotation } from "../../model/kinds/core/service/wakes.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { tcpPortAnnotation } from "../../model/kinds/route/route/tcp-port.ts";
import { newObject } from "../../model/kind.ts";
import { Load, RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";

const ref = (name: string) => ({ namespace: "default", name });
const address = "127.0.1.1";
const heldMax = 1000;
const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
/** The example of RFC 6455. */
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

function sleeper(): {
  client: FakeClient;
  replicas: () => Promise<number>;
  scale: (to: number) => Promise<void>;
} {
  const template = {
    metadata: { labels: { app: "a" } },
    spec: { containers: [{ name: "web", image: "i" }] },
  };
  const spec = { replicas: 0, selector: { matchLabels: { app: "a" } }, template };
  const service = aService("a");
  service.metadata = { ...service.metadata, annotations: { [wakesAnnotation]: "a-web" } };
  const client = new FakeClient({
    objects: [
      aRoute("a"),
      aRoute("other"),
      aService("other"),
      service,
      newObject<Deployment>(deployment, ref("a-web"), { spec }),
      aSlice("a", []),
    ],
  });
  const found = () => client.get(deployment, ref("a-web"));
  return {
    client,
    replicas: async () => (await found()).spec.replicas ?? 0,
    scale: async (to) => {
      await client.patch(deployment, ref("a-web"), { type: "merge", body: { spec: { replicas: to } } });
    },
  };
}

async function setReady(client: FakeClient, addresses: readonly string[], port: number): Promise<void> {
  const present = await client.get(endpointSlice, ref("a-1"));
  const { endpoints, ports } = aSlice("a", addresses, [{ name: "", port }]);
  await client.update(endpointSlice, { ...present, endpoints, ports });
}

function webSocket(port: number): Promise<Socket> {
  const socket = createConnection(port, "127.0.0.1");
  // Of a web socket without its key HAProxy says at once that it is none.
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: a.localhost\r\n${upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (data: Buffer) => {
      if (data.toString().includes("101")) resolve(socket);
      else reject(new Error(data.toString()));
    });
  });
}

test("many requests at the moment of waking are all answered, a web socket too", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  const { client, replicas } = sleeper();
  await bench.start(client);
  const many = Array.from({ length: 300 }, () => bench.get("a.localhost"));
  const socket = webSocket(bench.port);
  await until(async () => (await replicas()) === 1);
  const server = await bench.serve(address, port, (_request, response) => response.end("awake"));
  server.on("upgrade", (_request, stream: Socket) => {
    stream.write(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    stream.on("data", (data: Buffer) => stream.write(data));
  });
  await setReady(client, [address], port);
  const answers = await Promise.all(many);
  expect(answers.filter(({ status, body }) => status === 200 && body === "awake")).toHaveLength(300);
  const open = await socket;
  open.write("ping");
  expect(await new Promise((resolve) => open.once("data", (data: Buffer) => resolve(data.toString())))).toBe(
    "ping",
  );
  open.destroy();
  expect((await bench.get("other.localhost")).status).toBe(503);
  expect(bench.router.reloads).toBe(0);
});

/** A port that leads to the sleeper, and what a connection gets that says something and ends its own half. */
async function tcpTo(bench: RouterBench, client: FakeClient): Promise<(said: string) => Promise<string>> {
  const port = await freePort();
  bench.tcpPorts = { first: port, last: port };
  const annotations = { [tcpPortAnnotation]: `${port}` };
  const to = { kind: "Service" as const, name: "a", weight: 100 };
  await client.create(route, { ...aRoute("tcp", {}, { annotations }), spec: { to } });
  return (said) => {
    const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(said);
    return new Promise((resolve, reject) => {
      let text = "";
      socket.on("data", (data: Buffer) => (text += data.toString()));
      socket.on("error", reject).on("end", () => resolve(text));
    });
  };
}

test("connections of TCP wake an app, and those that have said all get their answer too", async () => {
  await using bench = await RouterBench.make();
  const { client, replicas } = sleeper();
  const answered = await tcpTo(bench, client);
  await bench.start(client);
  const many = Array.from({ length: 50 }, (_, index) => answered(`question ${index}`));
  await until(async () => (await replicas()) === 1);
  const port = await freePort();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined).write("to ");
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  await setReady(client, [address], port);
  expect(await Promise.all(many)).toEqual(many.map((_, index) => `to question ${index}`));
  expect(bench.router.reloads).toBe(0);
  server.close();
});

test("a connection of TCP that cannot be given on is closed, without words of HTTP", async () => {
  await using bench = await RouterBench.make();
  const { client, replicas } = sleeper();
  const answered = await tcpTo(bench, client);
  await bench.start(client);
  const waiting = answered("question");
  await until(async () => (await replicas()) === 1);
  await client.delete(route, ref("tcp"));
  expect(await waiting).toBe("");
});

test("an app that sleeps and wakes under load loses no request", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  const { client, replicas, scale } = sleeper();
  await bench.serve(address, port, (_request, response) => response.end("awake"));
  await setReady(client, [address], port);
  await scale(1);
  await bench.start(client);
  const load = new Load(bench.port, { host: "a.localhost" }, 8);
  for (let round = 0; round < 3; round += 1) {
    await scale(0);
    await setReady(client, [], port);
    await until(async () => (await replicas()) === 1);
    await setReady(client, [address], port);
    await sleep(systemClock, 200);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.requests).toBeGreaterThan(100);
});

test("no more wait than may, and the others are told", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  const { client } = sleeper();
  await bench.start(client);
  const many = Array.from({ length: heldMax + 20 }, () => bench.get("a.localhost"));
  const refused: { readonly status: number; readonly body: string }[] = [];
  for (const each of many) void each.then((answer) => answer.status === 503 && refused.push(answer));
  await until(() => refused.length === 20);
  expect(refused[0]?.body).toContain(
    "503: app a: it is being woken, and too many requests wait for it already",
  );
  await bench.serve(address, port, (_request, response) => response.end("awake"));
  await setReady(client, [address], port);
  const answers = await Promise.all(many);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(heldMax);
});
