/** What routes can ask of the router beside leading somewhere, with a real HAProxy. */

import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { freePort } from "../../lib/free-port.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { Load, RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice } from "./testing/route-objects.ts";

/** One app that answers with what it is asked, and routes to it. */
async function echoing(bench: RouterBench, ...routes: ReturnType<typeof aRoute>[]): Promise<FakeClient> {
  const port = await freePort();
  await bench.serve("127.0.1.1", port, (request, response) => response.end(request.url));
  const client = new FakeClient({
    objects: [...routes, aService("a"), aSlice("a", ["127.0.1.1"], [{ name: "", port }])],
  });
  await bench.start(client);
  return client;
}

test("wildcards give way to what is more exact, and paths are rewritten", async () => {
  await using bench = await RouterBench.make();
  const to = { to: { name: "a" } };
  const rewrite = (target: string) => ({
    annotations: { "haproxy.router.openshift.io/rewrite-target": target },
  });
  const wildcard = { host: "any.x.test", wildcardPolicy: "Subdomain" as const };
  await echoing(
    bench,
    aRoute("wild", { ...to, ...wildcard }, rewrite("/wild")),
    aRoute("wild-path", { ...to, ...wildcard, path: "/p" }, rewrite("/wild-path/")),
    aRoute("exact", { ...to, host: "exact.x.test" }, rewrite("/exact")),
    aRoute("exact-path", { ...to, host: "exact.x.test", path: "/p/" }, rewrite("/")),
  );
  const asked = async (host: string, path: string): Promise<string> => (await bench.get(host, path)).body;
  expect(await asked("some.x.test", "/a?b=c")).toBe("/wild/a?b=c");
  expect(await asked("SOME.x.test:80", "/p")).toBe("/wild-path/");
  expect(await asked("some.x.test", "/p/q")).toBe("/wild-path/q");
  expect(await asked("exact.x.test", "/a")).toBe("/exact/a");
  expect(await asked("exact.x.test", "/p")).toBe("/");
  expect(await asked("exact.x.test", "/p/q?r")).toBe("/q?r");
  expect(await asked("exact.x.test", "/pq")).toBe("/exact/pq");
  expect(await asked("x.test", "/")).toBe("404: no app answers at x.test.\n");
  expect(await asked("a.b.x.test", "/")).toBe("404: no app answers at a.b.x.test.\n");
});

test("a route with settings is served only with them, and costs the others no request", async () => {
  await using bench = await RouterBench.make();
  const client = await echoing(bench, aRoute("plain", { to: { name: "a" } }));
  const load = new Load(bench.port, { host: "plain.localhost" });
  const annotations = { "haproxy.router.openshift.io/rewrite-target": "/set" };
  const seen = new Set<string>();
  await client.create(route, aRoute("set", { to: { name: "a" } }, { annotations }));
  await until(async () => {
    seen.add((await bench.get("set.localhost")).body);
    return seen.size > 1;
  });
  expect([...seen]).toEqual(["404: no app answers at set.localhost.\n", "/set/"]);
  const { metadata, ...rest } = await client.get(route, { namespace: "default", name: "plain" });
  await client.update(route, { ...rest, metadata: { ...metadata, annotations } });
  await until(async () => (await bench.get("plain.localhost")).body === "/set/");
  await load.stop();
  expect(load.failures).toEqual([]);
});
