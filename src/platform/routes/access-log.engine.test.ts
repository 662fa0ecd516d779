import { Agent } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import type { LogOptions } from "../../client/client.ts";
import { sleep, systemClock } from "../../lib/clock.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { routeSettings } from "../../model/kinds/route/route/route-settings.ts";
import { freePort } from "../../lib/free-port.ts";
import { Load, RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";

async function text(bench: RouterBench, name: string, options: LogOptions = {}): Promise<string> {
  const chunks = await Array.fromAsync(bench.router.logSource.log(aRoute(name), options));
  return Buffer.concat(chunks).toString();
}

async function oneApp(bench: RouterBench): Promise<FakeClient> {
  const port = await freePort();
  await bench.serve("127.0.1.1", port, (request, response) => {
    response.statusCode = request.url === "/missing" ? 404 : 200;
    response.end("hello");
  });
  const client = new FakeClient({
    objects: [aRoute("a"), aRoute("b"), aService("a"), aSlice("a", ["127.0.1.1"], [{ name: "", port }])],
  });
  await bench.start(client);
  return client;
}

test("requests are told of, route by route, with the pod that answered", async () => {
  await using bench = await RouterBench.make();
  await oneApp(bench);
  await bench.get("a.localhost", "/one?x=1");
  await bench.get("a.localhost", "/missing");
  await bench.get("b.localhost", "/b");
  await bench.get("nobody.localhost", "/n");
  const lines = (await text(bench, "a")).trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /^GET \/one\?x=1 status=200 took=\d+ms bytes=\d+ client=127.0.0.1 to=pod-127.0.1.1$/,
  );
  expect(lines[1]).toMatch(/^GET \/missing status=404 /);
  expect(await text(bench, "b")).toMatch(
    /^GET \/b status=503 took=\d+ms bytes=\d+ client=127.0.0.1 to=none\n$/,
  );
  expect(await text(bench, "a", { tailLines: 1 })).toMatch(/^GET \/missing [^\n]*\n$/);
  expect(await text(bench, "a", { tailLines: 0 })).toBe("");
  expect(await text(bench, "a", { limitBytes: 7 })).toBe("GET /on");
  expect(await text(bench, "a", { timestamps: true, tailLines: 1 })).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z GET \/missing/,
  );
  expect(await text(bench, "a", { sinceTime: "2999-01-01T00:00:00Z" })).toBe("");
});

test("an answer that did not come to its end is told of, with who ended it", async () => {
  await using bench = await RouterBench.make();
  const port = await freePort();
  await bench.serve("127.0.1.1", port, (request, response) => {
    if (request.url === "/gone") return void request.socket.destroy();
    if (request.url === "/never") return;
    response.write("half");
  });
  const limited = aRoute("a", {}, { annotations: { "haproxy.router.openshift.io/timeout": "300ms" } });
  const client = new FakeClient({
    objects: [limited, aService("a"), aSlice("a", ["127.0.1.1"], [{ name: "", port }])],
  });
  await bench.start(client);
  // On a connection that has been used HAProxy ends it without an answer, so that the client asks again.
  const ask = (path: string) => bench.get("a.localhost", path, new Agent());
  expect((await ask("/never")).status).toBe(504);
  expect((await ask("/gone")).status).toBe(502);
  await expect(ask("/half-silent")).rejects.toThrow("aborted");
  const lines = (await text(bench, "a")).trim().split("\n");
  expect(lines.map((line) => line.split(" took=")[0])).toEqual([
    "GET /never status=504 ended=app-silent",
    "GET /gone status=502 ended=by-app",
    "GET /half-silent status=200 ended=app-silent",
  ]);
});

test("what is strange in a request stays on its line", async () => {
  await using bench = await RouterBench.make();
  await oneApp(bench);
  const socket = connect(bench.port, "127.0.0.1");
  socket.end("GET /a\x01b\x7f%0Ac\xe9 HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n", "latin1");
  await new Promise((resolve) => socket.on("close", resolve).resume());
  await bench.get("a.localhost", "/after");
  const lines = (await text(bench, "a")).trim().split("\n");
  expect(lines.at(-1)).toMatch(/^GET \/after /);
  for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]+$/);
});

test("lines are followed, each once, over a restart of Nagi and after the route's end", async () => {
  await using bench = await RouterBench.make();
  const client = await oneApp(bench);
  await bench.get("a.localhost", "/1");
  expect(await text(bench, "a")).toContain("/1 ");
  await bench.get("a.localhost", "/2");
  await bench.start(client);
  await bench.get("a.localhost", "/3");
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const chunk of bench.router.logSource.log(aRoute("a"), {
      follow: true,
      signal: stop.signal,
    })) {
      seen.push(...Buffer.from(chunk).toString().trim().split("\n"));
    }
  })();
  await until(() => seen.length === 3);
  await bench.get("a.localhost", "/4");
  await until(() => seen.length === 4);
  stop.abort();
  await following;
  expect(seen.map((line) => line.split(" ")[1])).toEqual(["/1", "/2", "/3", "/4"]);
  await client.delete(route, { namespace: "default", name: "a" });
  await until(async () => (await bench.get("a.localhost")).status === 404);
  expect(await text(bench, "a")).toContain("GET /1 ");
});

test("a flood loses lines at most, and the log stays bounded", async () => {
  await using bench = await RouterBench.make();
  await oneApp(bench);
  const load = new Load(bench.port, { host: "a.localhost", path: `/${"x".repeat(1500)}` }, 32);
  await until(() => load.requests > 8000);
  await load.stop();
  expect(load.failures).toEqual([]);
  await until(async () => {
    await bench.get("a.localhost", "/last");
    await sleep(systemClock, 50);
    return (await text(bench, "a", { tailLines: 1 })).startsWith("GET /last ");
  });
  expect((await text(bench, "a")).length).toBeLessThan(9 * 1024 * 1024);
});

test("a reload loses no line of what was answered before it", async () => {
  await using bench = await RouterBench.make();
  const client = await oneApp(bench);
  // After that nobody looks by himself for a while.
  await text(bench, "a");
  await sleep(systemClock, 100);
  // Over a connection that does not keep the worker from ending.
  const socket = connect(bench.port, "127.0.0.1");
  socket.write("GET /before HTTP/1.1\r\nHost: a.localhost\r\nConnection: close\r\n\r\n");
  await Array.fromAsync(socket);
  const annotations = { [routeSettings.timeout.annotation]: "31s" };
  const ref = { namespace: "default", name: "a" };
  await client.patch(route, ref, { type: "merge", body: { metadata: { annotations } } });
  await until(() => bench.router.reloads > 0);
  // By then the worker before has nothing left to do.
  await sleep(systemClock, 500);
  expect(await text(bench, "a")).toContain("GET /before ");
});
