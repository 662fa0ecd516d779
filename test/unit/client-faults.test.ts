/** The HTTPS client on a bad network: connections that are cut and refused, and very many at once. */

import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HttpsClient } from "../../src/client/https-client.ts";
import { Informer } from "../../src/client/informer.ts";
import { startTestServer, type TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { newObject } from "../../src/model/kind.ts";
import { configMap, type ConfigMap } from "../../src/model/kinds/core/configmap/configmap.ts";

/** A cable that can be cut: what connects to it is led to another port. */
class Cable {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(target: number) {
    this.#target = target;
  }

  async plugIn(): Promise<void> {
    const server = createServer((near) => {
      const far = connect(this.#target, "127.0.0.1");
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => this.#sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async pull(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }
}

let server: TestServer;
let cable: Cable;
let client: HttpsClient;

beforeEach(async () => {
  server = await startTestServer();
  cable = new Cable((await server.listen()).port);
  await cable.plugIn();
  const connection = {
    server: `https://127.0.0.1:${cable.port}`,
    ca: server.caPem,
    token: server.server.tokenOf("admin"),
    namespace: "default",
  };
  client = new HttpsClient({ connection, clock: systemClock });
});

afterEach(async () => {
  client.close();
  await cable.pull();
  await server[Symbol.asyncDispose]();
});

const put = (name: string, round: number): Promise<unknown> => {
  const metadata = { name, namespace: "default" };
  const object: ConfigMap = newObject(configMap, metadata, { data: { round: String(round) } });
  return round === 1
    ? server.client.create(configMap, object)
    : server.client.patch(configMap, metadata, { type: "merge", body: { data: { round: String(round) } } });
};

describe("a cut connection", () => {
  test("costs an informer nothing: it ends with what the server has", async () => {
    const abort = new AbortController();
    const informer = new Informer({ client, kind: configMap, clock: systemClock, log: silentLogger });
    const deleted: (string | undefined)[] = [];
    informer.onChange(({ type, object }) => {
      if (type === "deleted") deleted.push(object.metadata.name);
    });
    const running = informer.run(abort.signal);
    for (let round = 1; round <= 4; round += 1) {
      await Promise.all(["a", "b", "c"].map((name) => put(name, round)));
      const seen = () => informer.get("default/a")?.data?.["round"];
      await expect.poll(seen, { timeout: 20_000 }).toBe(String(round));
      await cable.pull();
      // Changes that nobody hears of while the cable is out.
      if (round === 2) await server.client.delete(configMap, { namespace: "default", name: "b" });
      if (round === 2) await put("b", 1);
      if (round === 3) await server.client.delete(configMap, { namespace: "default", name: "c" });
      if (round === 3) await put("c", 1);
      await cable.plugIn();
    }
    await server.client.delete(configMap, { namespace: "default", name: "a" });
    const rounds = () =>
      informer
        .list("default")
        .filter(({ metadata }) => (metadata.name ?? "").length === 1)
        .map(({ metadata, data }) => `${metadata.name}=${data?.["round"]}`)
        .sort();
    await expect.poll(rounds, { timeout: 20_000 }).toEqual(["b=4", "c=4"]);
    expect(deleted).toContain("a");
    abort.abort();
    await running;
  });

  test("fails a write that was under way, and says so", async () => {
    await cable.pull();
    const create = client.create(configMap, newObject(configMap, { name: "a" }, { data: {} }));
    await expect(create).rejects.toMatchObject({
      reason: "ServiceUnavailable",
      message: expect.stringContaining(`cannot reach the API at https://127.0.0.1:${cable.port}`) as string,
    });
    await cable.plugIn();
    await client.create(configMap, newObject(configMap, { name: "a" }, { data: {} }));
  });
});

test("a certificate of another authority is refused", async () => {
  const connection = { server: `https://127.0.0.1:${cable.port}`, token: "t", namespace: "default" };
  const stranger = new HttpsClient({ connection, clock: systemClock });
  await expect(stranger.raw("/version")).rejects.toMatchObject({ reason: "ServiceUnavailable" });
  stranger.close();
  const careless = new HttpsClient({
    connection: { ...connection, insecureSkipTlsVerify: true },
    clock: systemClock,
  });
  await expect(careless.list(configMap)).rejects.toMatchObject({ reason: "Unauthorized" });
  careless.close();
});

test("two hundred watches at once each get every event, and leave room for requests", async () => {
  const abort = new AbortController();
  const counts: number[] = Array.from({ length: 200 }, () => 0);
  const follow = async (index: number): Promise<void> => {
    const options = { namespace: "default", resourceVersion: "1", signal: abort.signal };
    for await (const event of client.watch(configMap, options)) {
      if (event.type !== "BOOKMARK" && event.object.metadata.name === "a")
        counts[index] = (counts[index] ?? 0) + 1;
    }
  };
  const { metadata } = await client.list(configMap);
  expect(Number(metadata.resourceVersion)).toBeGreaterThan(0);
  const following = Promise.all(counts.map((_, index) => follow(index)));
  for (let round = 1; round <= 5; round += 1) await put("a", round);
  await expect.poll(() => counts.every((count) => count === 5), { timeout: 20_000 }).toBe(true);
  expect((await client.get(configMap, { name: "a" })).data).toEqual({ round: "5" });
  abort.abort();
  await following;
});
