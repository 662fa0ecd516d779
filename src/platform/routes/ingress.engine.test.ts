/** Ingresses beside Routes, with a real HAProxy. */

import { request } from "node:https";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { issueCa, issueServing } from "../../lib/certificates/certificates.ts";
import { freePort } from "../../lib/free-port.ts";
import { newObject } from "../../model/kind.ts";
import { event } from "../../model/kinds/core/event/event.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { ingress, type Ingress } from "../../model/kinds/networking/ingress/ingress.ts";
import { ingressClass } from "../../model/kinds/networking/ingressclass/ingressclass.ts";
import {
  routeMetrics,
  servedServiceLabel,
  type RouteMetrics,
} from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { KubeObject } from "../../model/meta.ts";
import { RouterBench, until } from "./testing/router-bench.ts";
import { aRoute, aService, aSlice, anIngress, toService } from "./testing/route-objects.ts";

/** Services that answer with their name, each on a port of its own. */
async function services(bench: RouterBench, ...names: readonly string[]): Promise<KubeObject[]> {
  const made = names.map(async (name) => {
    const port = await freePort();
    await bench.serve("127.0.1.1", port, (_request, response) => response.end(name));
    return [aService(name), aSlice(name, ["127.0.1.1"], [{ name: "", port }])];
  });
  return (await Promise.all(made)).flat();
}

const paths = (...given: readonly [path: string, pathType: "Exact" | "Prefix", to: string][]) => ({
  paths: given.map(([path, pathType, to]) => ({ path, pathType, backend: toService(to) })),
});
const ref = { namespace: "default", name: "i" };

test("the more exact host, then the longest path wins; what nobody has is the default backend's", async () => {
  await using bench = await RouterBench.make();
  const rules = [
    {
      host: "x.test",
      http: paths(["/", "Prefix", "root"], ["/a", "Prefix", "start"], ["/a", "Exact", "whole"]),
    },
    { host: "*.x.test", http: paths(["/", "Prefix", "wild"], ["/a/", "Exact", "whole"]) },
    { http: paths(["/any", "Prefix", "any"]) },
  ];
  const objects = await services(bench, "root", "start", "whole", "wild", "any", "rest", "own");
  const given = anIngress("i", { rules, defaultBackend: toService("rest") });
  const client = new FakeClient({ objects: [...objects, given, aRoute("own", { host: "own.test" })] });
  bench.meterWindowMs = 500;
  await bench.start(client);
  // It is told where it is served when all of it is.
  const served = async () => (await client.get(ingress, ref)).status?.loadBalancer?.ingress ?? [];
  await until(async () => (await served()).length > 0);
  const asked = async (host: string, path: string): Promise<string> => (await bench.get(host, path)).body;
  expect(await asked("x.test", "/")).toBe("root");
  expect(await asked("X.test:80", "/a")).toBe("whole");
  expect(await asked("x.test", "/a/")).toBe("start");
  expect(await asked("x.test", "/a/b?c")).toBe("start");
  expect(await asked("x.test", "/ab")).toBe("root");
  expect(await asked("one.x.test", "/a")).toBe("wild");
  expect(await asked("one.x.test", "/a/")).toBe("whole");
  expect(await asked("nobody.test", "/any/thing")).toBe("any");
  expect(await asked("nobody", "/anything")).toBe("rest");
  expect(await asked("own.test", "/any")).toBe("own");

  // For autoscalers: by the Service that is asked, whichever path leads there.
  const counted = async (service: string): Promise<RouteMetrics | undefined> => {
    await asked("x.test", "/");
    const { items } = await client.list(routeMetrics);
    return items.find((each) => each.metadata.labels?.[servedServiceLabel] === service);
  };
  await until(async () => ((await counted("root"))?.requests ?? 0) > 0);
  const { metadata, total } = (await counted("root")) ?? { metadata: {} };
  expect(metadata).toMatchObject({ name: expect.stringMatching(/^ingress\.i\.\w{8}$/) });
  expect(metadata.ownerReferences).toMatchObject([{ kind: "Ingress", name: "i" }]);
  expect(total?.requests).toBeGreaterThan(0);

  const ports = [{ port: bench.port, protocol: "TCP" }];
  expect(await served()).toEqual([{ ip: "127.0.0.1", ports }]);
  expect((await client.list(ingressClass)).items.map(({ metadata }) => metadata.name)).toEqual(["nagi"]);
  await client.delete(ingress, ref);
  await until(async () => (await bench.get("nobody")).status === 404);
});

test("TLS comes from a Secret, once it is there, and changes with it", async () => {
  await using bench = await RouterBench.make();
  const objects = await services(bench, "a");
  const spec: Ingress["spec"] = {
    rules: [{ host: "x.test", http: paths(["/", "Prefix", "a"]) }],
    tls: [{ hosts: ["x.test"], secretName: "s" }],
  };
  const client = new FakeClient({ objects: [...objects, anIngress("i", spec)] });
  await bench.start(client);
  const local = await bench.router.localCa();
  await until(async () => (await askTls(bench, "x.test", local).catch(String)) === "a");
  await until(async () => (await reasonsOf(client)).includes("BadCertificate"));
  expect((await bench.get("x.test")).status).toBe(302);

  const ca = await issueCa(Date.now(), "CN=test");
  const { cert, key } = await issueServing(ca, ["x.test"], Date.now());
  const data = {
    "tls.crt": Buffer.from(cert).toString("base64"),
    "tls.key": Buffer.from(key).toString("base64"),
  };
  const made = newObject<Secret>(
    secret,
    { namespace: "default", name: "s" },
    { type: "kubernetes.io/tls", data },
  );
  await client.create(secret, made);
  await until(async () => (await askTls(bench, "x.test", ca.cert).catch(String)) === "a");
  expect(bench.router.reloads).toBe(0);
});

async function reasonsOf(client: FakeClient): Promise<readonly string[]> {
  return (await client.list(event)).items.map(({ reason }) => reason ?? "");
}

function askTls(bench: RouterBench, host: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: bench.httpsPort, servername: host, headers: { host }, ca };
    const asked = request({ ...options, agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(body));
    });
    asked.on("error", reject).end();
  });
}
