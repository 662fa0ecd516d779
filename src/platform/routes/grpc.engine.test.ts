/** gRPC's own client and server, with the router between them. */

import {
  credentials,
  Metadata,
  makeClientConstructor,
  Server,
  ServerCredentials,
  status,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  type ServiceError,
} from "@grpc/grpc-js";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { freePort } from "../../lib/free-port.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { routeSettings } from "../../model/kinds/route/route/route-settings.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";
import { RouterBench, until } from "./testing/router-bench.ts";

const asBytes = (text: string): Buffer => Buffer.from(text);
const asText = (bytes: Buffer): string => bytes.toString();

function method(path: string, requestStream: boolean, responseStream: boolean) {
  const codec = {
    requestSerialize: asBytes,
    requestDeserialize: asText,
    responseSerialize: asBytes,
    responseDeserialize: asText,
  };
  return { path: `/shop.Cart/${path}`, requestStream, responseStream, ...codec };
}

const cart = {
  add: method("Add", false, false),
  list: method("List", false, true),
  talk: method("Talk", true, true),
} satisfies ServiceDefinition;

const Cart = makeClientConstructor(cart, "Cart");

/** An instance that says who it is. */
async function serve(address: string, port: number): Promise<Server> {
  const server = new Server();
  server.addService(cart, {
    add({ request, metadata }: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) {
      if (request === "poison") return answer({ code: status.INVALID_ARGUMENT, details: "no poison" });
      if (request === "never") return;
      answer(null, `${address} ${request} for ${metadata.get("customer").join()}`);
    },
    list(call: ServerWritableStream<string, string>) {
      for (let index = 0; index < Number(call.request); index++) call.write(`${index}`);
      call.end();
    },
    talk(call: ServerDuplexStream<string, string>) {
      call.on("data", (text: string) => call.write(`${address} ${text}`));
      call.on("end", () => call.end());
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return server;
}

const [old, next] = ["127.0.1.6", "127.0.1.7"] as const;
let bench: RouterBench;
let client: FakeClient;
let servers: Server[];
let shop: InstanceType<typeof Cart>;

beforeAll(async () => {
  bench = await RouterBench.make();
  const port = await freePort();
  servers = await Promise.all([old, next].map((address) => serve(address, port)));
  const annotations = { [routeSettings["app-protocol"].annotation]: "h2c" };
  const tls = { termination: "edge" as const };
  client = new FakeClient({
    objects: [
      aRoute("shop", { tls }, { annotations }),
      aService("shop"),
      aSlice("shop", [old], [{ name: "", port }]),
    ],
  });
  await bench.start(client);
  const trusted = credentials.createSsl(asBytes(await bench.router.localCa()));
  shop = new Cart(`127.0.0.1:${bench.httpsPort}`, trusted, {
    "grpc.ssl_target_name_override": "shop.localhost",
    "grpc.default_authority": "shop.localhost",
  });
});
afterAll(async () => {
  shop.close();
  for (const server of servers) server.forceShutdown();
  await bench[Symbol.asyncDispose]();
});

function add(what: string, deadlineMs = 10_000): Promise<string> {
  const metadata = new Metadata();
  metadata.set("customer", "mia");
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + deadlineMs };
    shop["add"]?.(what, metadata, options, (error: ServiceError | null, value: string) =>
      error === null ? resolve(value) : reject(error),
    );
  });
}

test("a call has its answer, its metadata, its error and its deadline", async () => {
  await until(() => add("tea").then((answer) => answer === `${old} tea for mia`));
  await expect(add("poison")).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, details: "no poison" });
  await expect(add("never", 300)).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
});

test("a stream of a thousand messages comes whole and in order", async () => {
  const list = shop["list"]?.("1000") as unknown as Readable;
  expect(await list.toArray()).toEqual(Array.from({ length: 1000 }, (_, index) => `${index}`));
});

test("a talk goes on with its instance while calls go to the next, and none fails", async () => {
  const talk = shop["talk"]?.() as unknown as ServerDuplexStream<string, string>;
  const say = async (text: string): Promise<unknown> => {
    const answered = once(talk, "data");
    talk.write(text);
    return (await answered)[0] as unknown;
  };
  expect(await say("one")).toBe(`${old} one`);
  const slice = await client.get(endpointSlice, { namespace: "default", name: "shop-1" });
  await client.update(endpointSlice, { ...slice, endpoints: aSlice("shop", [next]).endpoints });
  await until(async () => (await add("milk")).startsWith(next));
  expect(await say("two")).toBe(`${old} two`);
  const ended = once(talk, "status");
  talk.end();
  expect(await ended).toMatchObject([{ code: status.OK }]);
  expect(bench.router.reloads).toBe(0);
});
