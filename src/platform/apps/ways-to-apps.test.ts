import { expect, test, vi } from "vitest";
import { deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { service } from "../../model/kinds/core/service/service.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { newObject } from "../../model/kind.ts";
import { controllerRef } from "../../model/meta.ts";
import { namespace, shop, Stage, until } from "./testing/stage.ts";

const waiting = { timeout: 20_000 };

test("an app is behind its guards at further domains, and where a held release is seen", async () => {
  await using stage = new Stage().start();
  const { client } = stage;
  const guards = { "nagi.dev/basic-auth": "ann:0011223344556677:" + "a".repeat(64) };
  const given = { ...guards, "nagi.dev/redirect": "https://www.example.com" };
  const annotate = async (ref: typeof shop, annotations: Record<string, string | null>) =>
    void (await client.patch(route, ref, { type: "merge", body: { metadata: { annotations } } }));
  const settings = async (name: string) => {
    const { items } = await client.list(route, { namespace });
    const { annotations } = items.find(({ metadata }) => metadata.name === name)?.metadata ?? {};
    const { "nagi.dev/followed": _followed, ...others } = annotations ?? { none: "" };
    return others;
  };
  await stage.createApp({ deploy: { strategy: "blue-green" } });
  await until(async () => (await client.list(route, { namespace })).items.length === 1);
  await annotate(shop, given);
  await stage.patchApp({ spec: { domains: ["shop.example.com"] } });
  await vi.waitFor(async () => expect(await settings("shop.shop.example.com")).toEqual(guards));

  await stage.completeBuild(1);
  await until(async () => (await client.list(deployment, { namespace })).items.length === 1);
  await stage.rollOut("shop-web", true);
  await until(async () => (await stage.releases())[0]?.endsWith("Live") === true);
  await stage.completeBuild(2);
  await vi.waitFor(async () => expect(await settings("shop--next")).toEqual(guards), waiting);

  const preview = { namespace, name: "shop--next" };
  const onlyThere = { "nagi.dev/max-body": "1m" };
  await annotate(preview, { ...onlyThere, "nagi.dev/basic-auth": null });
  await vi.waitFor(
    async () => expect(await settings("shop--next")).toEqual({ ...guards, ...onlyThere }),
    waiting,
  );
  await annotate(shop, { "nagi.dev/basic-auth": null, "nagi.dev/rate-limit": "10/s" });
  const changed = { "nagi.dev/rate-limit": "10/s", ...onlyThere };
  await vi.waitFor(async () => expect(await settings("shop--next")).toEqual(changed), waiting);
});

test("an app has ports of the machine that lead to the release that serves, and wake it", async () => {
  await using stage = new Stage().start();
  const { client } = stage;
  const owner = controllerRef(await stage.createApp({ deploy: { strategy: "blue-green" } }));
  const port = async (name: string, process: string): Promise<void> => {
    const labels = { "nagi.dev/app": "shop" };
    const annotations = { "nagi.dev/tcp-port": "auto" };
    const made = await client.create(
      route,
      newObject<Route>(
        route,
        { namespace, name, labels, annotations, ownerReferences: [owner] },
        { spec: { to: { kind: "Service", name, weight: 100 } } },
      ),
    );
    const spec = { selector: { ...labels, "nagi.dev/process": process }, ports: [{ port: 9000 }] };
    const meta = { namespace, name, labels, ownerReferences: [controllerRef(made)] };
    await client.create(service, newObject(service, meta, { spec }));
  };
  await port("shop-tcp-web", "web");
  await port("shop-tcp-mqtt", "mqtt");
  const found = async (name: string) => await client.get(service, { namespace, name });
  const releaseOf = async (name: string) => (await found(name)).spec.selector?.["nagi.dev/release"];
  await stage.completeBuild(1);
  await until(async () => (await client.list(deployment, { namespace })).items.length === 1);
  await stage.rollOut("shop-web", true);
  await until(async () => (await stage.releases())[0]?.endsWith("Live") === true);
  await stage.completeBuild(2);
  await vi.waitFor(async () => expect(await releaseOf("shop-tcp-web")).toBe("v1"), waiting);
  expect(await releaseOf("shop-tcp-mqtt")).toBeUndefined();

  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "shop-web" };
  const object = { describedObject: scaleTargetRef, metric: { name: "requests" } };
  const target = { type: "AverageValue" as const, averageValue: "100" };
  const metrics = [{ type: "Object" as const, object: { ...object, target } }];
  const spec = { scaleTargetRef, minReplicas: 0, maxReplicas: 2, metrics };
  const autoscaler = newObject<HorizontalPodAutoscaler>(horizontalPodAutoscaler, shop, { spec });
  await client.create(horizontalPodAutoscaler, autoscaler);
  const wakes = async (name: string) => (await found(name)).metadata.annotations?.["nagi.dev/wakes"];
  await vi.waitFor(async () => expect(await wakes("shop-tcp-web")).toBe("shop-web"), waiting);
  expect(await wakes("shop-tcp-mqtt")).toBeUndefined();
});
