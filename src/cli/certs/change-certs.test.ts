import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { configMap } from "../../model/kinds/core/configmap/configmap.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { newObject } from "../../model/kind.ts";
import { command } from "../commands/certs.ts";
import { runCommand } from "../testing/command-bench.ts";

const namespace = "default";

const routeTo = (name: string, tls?: Route["spec"]["tls"]): Route =>
  newObject<Route>(
    route,
    { name, namespace, labels: { "nagi.dev/app": "shop" } },
    {
      spec: {
        host: `${name}.example.com`,
        to: { kind: "Service", name: "shop" },
        ...(tls === undefined ? {} : { tls }),
      },
    },
  );

const plain = routeTo("plain");
const own = routeTo("own", { termination: "edge", certificate: "C", key: "K" });
const through = routeTo("through", { termination: "passthrough" });

function withRoutes(...routes: Route[]): FakeClient {
  const shop = newObject(app, { name: "shop", namespace }, {});
  const info = newObject(configMap, { name: "nagi-platform", namespace: "nagi-system" }, { data: {} });
  return new FakeClient({ objects: [shop, info, ...routes] });
}

const tlsOf = async (client: FakeClient, name: string) =>
  (await client.get(route, { namespace, name })).spec.tls;
const certs = (client: FakeClient, ...words: string[]) =>
  runCommand(command, client, [...words, "--app", "shop"]);

it("auto leaves domains alone that have a certificate of the user's", async () => {
  const client = withRoutes(plain, own, through);
  const { out, err } = await certs(client, "auto");
  expect(out).toContain("plain.example.com");
  expect(err).toContain("own.example.com, through.example.com");
  expect(await tlsOf(client, "plain")).toMatchObject({ termination: "edge" });
  expect(await tlsOf(client, "own")).toEqual(own.spec.tls);
  expect(await tlsOf(client, "through")).toEqual(through.spec.tls);
});

it("auto says so when there is no other domain, and replaces the certificate of one that is named", async () => {
  const client = withRoutes(own);
  await expect(certs(client, "auto")).rejects.toThrow("every domain of shop has a certificate of its own");
  await certs(client, "auto", "own.example.com");
  expect((await tlsOf(client, "own"))?.certificate).toBeUndefined();
});

it("remove wants to be sure before it takes HTTPS away from several domains", async () => {
  const client = withRoutes(plain, own, through);
  await expect(certs(client, "remove")).rejects.toThrow("own.example.com, through.example.com");
  expect(await tlsOf(client, "own")).toEqual(own.spec.tls);
  await certs(client, "remove", "through.example.com");
  expect(await tlsOf(client, "through")).toBeUndefined();
  await certs(client, "remove");
  expect(await tlsOf(client, "own")).toBeUndefined();
  const again = withRoutes(own, through);
  await certs(again, "remove", "--confirm", "shop");
  expect([await tlsOf(again, "own"), await tlsOf(again, "through")]).toEqual([undefined, undefined]);
});
