import { expect, test, vi } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { controllerRef } from "../../model/meta.ts";
import { AppCaches } from "./app-caches.ts";
import { WeightKeeper } from "./weight-keeper.ts";

const namespace = "default";

test("a canary has a share of what leads to the app, not of what leads to add-ons and other ports", async () => {
  const client = new FakeClient();
  const spec = { deploy: { strategy: "canary" as const } };
  const shop = await client.create(app, newObject<App>(app, { namespace, name: "shop" }, { spec }));
  const aRoute = async (name: string, to: string, annotations: Record<string, string>): Promise<void> => {
    const labels = { "nagi.dev/app": "shop" };
    const metadata = { namespace, name, labels, annotations, ownerReferences: [controllerRef(shop)] };
    const lead = { to: { kind: "Service" as const, name: to, weight: 100 } };
    await client.create(route, newObject<Route>(route, metadata, { spec: lead }));
  };
  const port = { "nagi.dev/tcp-port": "auto" };
  await aRoute("shop", "shop", {});
  await aRoute("shop-tcp-own", "shop", port);
  await aRoute("shop-tcp-database", "shop-postgresql", port);
  const caches = new AppCaches({ client, clock: systemClock, log: silentLogger });
  const stop = new AbortController();
  const running = caches.run(stop.signal);
  const shares = async () =>
    (await client.list(route, { namespace })).items.map(
      ({ metadata, spec: { to, alternateBackends = [] } }) =>
        [metadata.name, ...[to, ...alternateBackends].map(({ name, weight }) => `${name} ${weight}`)].join(
          ", ",
        ),
    );
  await vi.waitFor(() => expect(caches.of(shop).routes).toHaveLength(3));
  await new WeightKeeper({ client, caches }).ensure(shop, 5);
  expect((await shares()).toSorted()).toEqual([
    "shop, shop 95, shop--next 5",
    "shop-tcp-database, shop-postgresql 100",
    "shop-tcp-own, shop 95, shop--next 5",
  ]);
  stop.abort();
  await running;
});
