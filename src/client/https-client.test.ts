import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../lib/clock.ts";
import { configMap, type ConfigMap } from "../model/kinds/core/configmap/configmap.ts";
import { deployment } from "../model/kinds/apps/deployment/deployment.ts";
import { namespace } from "../model/kinds/core/namespace/namespace.ts";
import { pod } from "../model/kinds/core/pod/pod.ts";
import { newObject } from "../model/kind.ts";
import type { WatchEvent } from "./client.ts";
import { HttpsClient } from "./https-client.ts";
import type { TransportLimits } from "./transport.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
type Answer = (response: ServerResponse, seen: Seen, nth: number) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A real server that answers with what the test says. */
async function serve(answer: Answer): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      seen.push(one);
      answer(response, one, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

function clientFor(port: number, limits: Partial<TransportLimits> = {}): HttpsClient {
  const connection = { server: `http://127.0.0.1:${port}`, token: "secret", namespace: "mine" };
  const client = new HttpsClient({ connection, clock: systemClock, limits });
  closers.push(() => client.close());
  return client;
}

const json =
  (value: unknown, code = 200, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
const failure = (code: number, reason: string, message: string, details = {}) =>
  json(
    { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason, message, code, details },
    code,
  );

const config = (name: string, resourceVersion: string): ConfigMap =>
  newObject(configMap, { name, namespace: "mine", resourceVersion }, { data: {} });
const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

describe("requests", () => {
  test("have Kubernetes' paths, queries and headers", async () => {
    const { port, seen } = await serve(json({ items: [], metadata: {} }));
    const client = clientFor(port);
    await client.get(pod, { name: "a/b" });
    await client.list(deployment, { namespace: "n", labelSelector: "a in (b,c)", limit: 5 });
    await client.list(pod);
    await client.get(namespace, { name: "n" });
    await client.update(
      pod,
      { ...newObject(pod, { name: "p" }, { spec: { containers: [] } }) },
      { subresource: "status" },
    );
    await client.patch(
      pod,
      { namespace: "n", name: "p" },
      { type: "strategic", body: { a: 1 } },
      { dryRun: true },
    );
    await client.post(pod, { namespace: "n", name: "p" }, "binding", { target: { name: "node" } });
    await client.delete(pod, { namespace: "n", name: "p" }, { gracePeriodSeconds: 0 });
    await client.getTable(pod, { namespace: "n", name: "p" });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET /api/v1/namespaces/mine/pods/a%2Fb",
      "GET /apis/apps/v1/namespaces/n/deployments?labelSelector=a+in+%28b%2Cc%29&limit=5",
      "GET /api/v1/pods",
      "GET /api/v1/namespaces/n",
      "PUT /api/v1/namespaces/mine/pods/p/status",
      "PATCH /api/v1/namespaces/n/pods/p?dryRun=All",
      "POST /api/v1/namespaces/n/pods/p/binding",
      "DELETE /api/v1/namespaces/n/pods/p",
      "GET /api/v1/namespaces/n/pods/p",
    ]);
    expect(seen[0]?.headers.authorization).toBe("Bearer secret");
    expect(seen[5]?.headers["content-type"]).toBe("application/strategic-merge-patch+json");
    expect(JSON.parse(seen[7]?.body ?? "")).toMatchObject({ kind: "DeleteOptions", gracePeriodSeconds: 0 });
    expect(seen[8]?.headers.accept).toContain("as=Table");
  });

  test("complete the items of a list", async () => {
    const item = { metadata: { name: "a" } };
    const { port } = await serve(
      json({ kind: "ConfigMapList", metadata: { resourceVersion: "7" }, items: [item] }),
    );
    const list = await clientFor(port).list(configMap);
    expect(list.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
  });
});

describe("failures", () => {
  test("that are a Status become that StatusError", async () => {
    const details = { name: "a", kind: "configmaps", causes: [{ reason: "R", message: "m", field: "f" }] };
    const { port } = await serve(failure(409, "AlreadyExists", 'configmaps "a" already exists', details));
    await expect(clientFor(port).create(configMap, config("a", ""))).rejects.toMatchObject({
      name: "StatusError",
      reason: "AlreadyExists",
      code: 409,
      message: 'configmaps "a" already exists',
      details,
    });
  });

  test("that are something else say what came", async () => {
    const { port } = await serve((response) => response.writeHead(502).end("<h1>Bad Gateway</h1>"));
    const get = clientFor(port).get(configMap, { name: "a" });
    await expect(get).rejects.toThrow("the server answered 502: <h1>Bad Gateway</h1>");
    const html = await serve((response) => response.end("<html>"));
    await expect(clientFor(html.port).get(configMap, { name: "a" })).rejects.toThrow("is not JSON");
  });

  test("to connect are tried again for reads, and only so often", async () => {
    const { port } = await serve(json({}));
    closers.splice(0).forEach((close) => close());
    await new Promise((resolve) => setTimeout(resolve, 20));
    const client = clientFor(port, { refusedRetries: 2 });
    const refused = {
      reason: "ServiceUnavailable",
      message: expect.stringContaining("ECONNREFUSED") as string,
    };
    await expect(client.get(configMap, { name: "a" })).rejects.toMatchObject(refused);
    const get = clientFor(port, { refusedRetries: 5 }).get(configMap, { name: "a" });
    const create = clientFor(port).create(configMap, config("a", ""));
    await expect(create).rejects.toMatchObject(refused);
    const late = createServer((_request, response) => response.end(JSON.stringify(config("a", "1"))));
    late.listen(port, "127.0.0.1");
    closers.push(
      () => late.close(),
      () => late.closeAllConnections(),
    );
    expect((await get).metadata.name).toBe("a");
  });

  test("of a busy server are waited out as it asks, a bounded number of times", async () => {
    const busy = failure(429, "TooManyRequests", "slow down", { retryAfterSeconds: 0 });
    const { port, seen } = await serve((response, one, nth) =>
      (nth < 3 ? busy : json(config("a", "1")))(response, one, nth),
    );
    expect((await clientFor(port).create(configMap, config("a", ""))).metadata.resourceVersion).toBe("1");
    expect(seen).toHaveLength(3);
    const always = await serve(busy);
    const get = clientFor(always.port, { busyRetries: 2 }).get(configMap, { name: "a" });
    await expect(get).rejects.toMatchObject({ reason: "TooManyRequests" });
    expect(always.seen).toHaveLength(3);
  });

  test("to answer in time, or within bounds, end the request", async () => {
    const silent = await serve(() => undefined);
    const get = clientFor(silent.port, { requestTimeoutMs: 50 }).get(configMap, { name: "a" });
    await expect(get).rejects.toMatchObject({ reason: "Timeout" });
    const large = await serve(json({ text: "x".repeat(1000) }));
    const bounded = clientFor(large.port, { responseMaxBytes: 100 }).get(configMap, { name: "a" });
    await expect(bounded).rejects.toThrow("larger than 100 bytes");
  });
});

describe("watches", () => {
  const names = (events: WatchEvent<ConfigMap>[]) =>
    events.map((event) =>
      event.type === "BOOKMARK" ? `B${event.resourceVersion}` : `${event.type} ${event.object.metadata.name}`,
    );

  test("decode events however they are cut, and go on from the newest when the server ends them", async () => {
    const { port, seen } = await serve((response, _seen, nth) => {
      if (nth === 1) {
        const text = line("ADDED", config("é", "9")) + line("ADDED", config("b", "5"));
        const bytes = Buffer.from(text);
        for (const byte of bytes.subarray(0, -1)) response.write(Uint8Array.of(byte));
        response.end(bytes.subarray(-1));
      } else if (nth === 2) {
        response.end(line("BOOKMARK", config("", "12")));
      } else {
        response.write(line("DELETED", config("b", "13")));
      }
    });
    const abort = new AbortController();
    const events: WatchEvent<ConfigMap>[] = [];
    for await (const event of clientFor(port).watch(configMap, { namespace: "mine", signal: abort.signal })) {
      events.push(event);
      if (events.length === 3) abort.abort();
    }
    expect(names(events)).toEqual(["ADDED é", "ADDED b", "DELETED b"]);
    const versions = seen.map(({ url }) => new URL(url, "http://x").searchParams.get("resourceVersion"));
    expect(versions).toEqual([null, "9", "12"]);
  });

  test("give bookmarks to who asks for them", async () => {
    const { port } = await serve((response) => response.write(line("BOOKMARK", config("", "12"))));
    for await (const event of clientFor(port).watch(configMap, { allowBookmarks: true })) {
      expect(event).toEqual({ type: "BOOKMARK", resourceVersion: "12" });
      break;
    }
  });

  test("end with Expired whether the server says it first or later", async () => {
    const status = { kind: "Status", status: "Failure", reason: "Expired", code: 410, message: "too old" };
    const { port } = await serve((response, _seen, nth) => {
      if (nth === 1) failure(410, "Expired", "too old")(response, _seen, nth);
      else response.write(line("ERROR", status));
    });
    const client = clientFor(port);
    for (const _ of [1, 2]) {
      const watch = Array.fromAsync(client.watch(configMap, { resourceVersion: "1" }));
      await expect(watch).rejects.toMatchObject({ reason: "Expired", code: 410 });
    }
  });

  test("that break off in the middle of an event say so", async () => {
    const { port } = await serve((response) => {
      response.write(line("ADDED", config("a", "1")) + '{"type":"ADD');
      setTimeout(() => response.destroy(), 20);
    });
    const seen: string[] = [];
    const watch = async () => {
      for await (const event of clientFor(port).watch(configMap)) seen.push(event.type);
    };
    await expect(watch()).rejects.toMatchObject({ reason: "ServiceUnavailable" });
    expect(seen).toEqual(["ADDED"]);
  });

  test("of tables give tables", async () => {
    const table = { kind: "Table", columnDefinitions: [], rows: [{ cells: ["a"] }], metadata: {} };
    const { port, seen } = await serve((response) => response.write(line("ADDED", table)));
    for await (const event of clientFor(port).watchTable(pod, { namespace: "n" })) {
      expect(event).toEqual({ type: "ADDED", table });
      break;
    }
    expect(seen[0]?.headers.accept).toContain("as=Table");
  });
});

describe("logs", () => {
  test("come in chunks and end when the signal aborts", async () => {
    const { port, seen } = await serve((response) => response.write("one\n"));
    const abort = new AbortController();
    const options = { container: "c", follow: true, tailLines: 10, signal: abort.signal };
    let text = "";
    for await (const chunk of clientFor(port).log(pod, { namespace: "n", name: "p" }, options)) {
      text += new TextDecoder().decode(chunk);
      abort.abort();
    }
    expect(text).toBe("one\n");
    expect(seen[0]?.url).toBe("/api/v1/namespaces/n/pods/p/log?container=c&follow=true&tailLines=10");
  });

  test("that cannot be given say why", async () => {
    const { port } = await serve(failure(400, "BadRequest", 'container "c" is waiting to start'));
    const log = Array.fromAsync(clientFor(port).log(pod, { name: "p" }));
    await expect(log).rejects.toMatchObject({ reason: "BadRequest", code: 400 });
  });
});
