import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet } from "../../model/kinds/apps/replicaset/replicaset.ts";
import { build } from "../../model/kinds/build/build/build.ts";
import { event } from "../../model/kinds/core/event/event.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { service } from "../../model/kinds/core/service/service.ts";
import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { newObject } from "../../model/kind.ts";
import { StatusError } from "../../model/status.ts";
import { rollbackAnnotation } from "./names.ts";
import { planRelease } from "./release-plan.ts";
import { namespace, shop, Stage, until } from "./testing/stage.ts";

const aController = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  name: "other",
  uid: "other",
  controller: true,
};

describe("an app", () => {
  test("gets its objects, and from an image a release that goes live", async () => {
    await using stage = new Stage().start();
    const { client } = stage;
    await stage.createApp({ domains: ["shop.example.com"] });
    await until(async () => (await client.get(appKind, shop)).status?.url === "http://shop.localhost:8080");
    expect((await client.get(service, shop)).spec.selector).toEqual({
      "nagi.dev/app": "shop",
      "nagi.dev/process": "web",
    });
    const routes = await client.list(route, { namespace });
    expect(routes.items.map(({ spec }) => spec.host ?? "").toSorted()).toEqual([
      "shop.example.com",
      "shop.localhost",
    ]);

    await stage.patchApp({ spec: { image: "nginx:1", domains: null } });
    await until(
      async () => (await client.get(deployment, { namespace, name: "shop-web" })).spec.replicas === 1,
    );
    await stage.rollOut("shop-web", true);
    await until(async () => (await client.get(appKind, shop)).status?.currentRelease === "shop-v1");
    await until(async () => (await client.list(route, { namespace })).items.length === 1);
    const { status } = await client.get(appKind, shop);
    expect(status).toMatchObject({
      latestVersion: 1,
      gitPath: "/shop.git",
      processes: { web: { desired: 1, ready: 1 } },
    });
    await until(async () => {
      const { conditions = [] } = (await client.get(appKind, shop)).status ?? {};
      return conditions.every(({ status: held }) => held === "True") && conditions.length === 3;
    });
    await until(async () => {
      const { items } = await client.list(event, { namespace });
      return ["ReleaseCreated", "ReleaseLive"].every((reason) =>
        items.some((item) => item.reason === reason),
      );
    });
  });

  test("goes with all that is its own", async () => {
    await using stage = new Stage().start();
    const { client } = stage;
    await stage.createApp({ image: "nginx:1" });
    await until(async () => (await client.list(deployment, { namespace })).items.length === 1);
    await client.delete(appKind, shop);
    for (const kind of [deployment, release, service, route, secret]) {
      await until(async () => (await client.list(kind as typeof service, { namespace })).items.length === 0);
    }
  });

  test("is scaled at once, without a release and without touching its pods", async () => {
    await using stage = new Stage().start();
    const { client } = stage;
    await stage.createApp({ image: "nginx:1" });
    const web = { namespace, name: "shop-web" };
    await until(async () => (await client.get(deployment, web)).spec.replicas === 1);
    const { template } = (await client.get(deployment, web)).spec;
    await stage.patchApp({ spec: { processes: { web: { replicas: 4 } } } });
    await until(async () => (await client.get(deployment, web)).spec.replicas === 4);
    expect((await client.get(deployment, web)).spec.template).toEqual(template);
    expect(await stage.releases()).toHaveLength(1);
    // Somebody restarts it: that stays.
    const body = { spec: { template: { metadata: { annotations: { restarted: "now" } } } } };
    await client.patch(deployment, web, { type: "merge", body });
    await stage.patchApp({ spec: { processes: { web: { replicas: 2 } } } });
    await until(async () => (await client.get(deployment, web)).spec.replicas === 2);
    expect((await client.get(deployment, web)).spec.template.metadata?.annotations).toEqual({
      restarted: "now",
    });
  });

  test("a bad release gives way to the last good one, and the next is tried again", async () => {
    await using stage = new Stage().start();
    const { client } = stage;
    const web = { namespace, name: "shop-web" };
    const imageOf = async () => (await client.get(deployment, web)).spec.template.spec?.containers[0]?.image;
    await stage.createApp({ image: "good:1" });
    await until(async () => (await imageOf()) === "good:1");
    const { template } = (await client.get(deployment, web)).spec;
    await stage.rollOut("shop-web", true);
    await until(async () => (await stage.releases()).join() === "v1 Deploy good:1: Live");

    await stage.patchApp({ spec: { image: "bad:1" } });
    await until(async () => (await imageOf()) === "bad:1");
    await stage.rollOut("shop-web", false);
    await until(async () => (await stage.releases())[1] === "v2 Deploy bad:1: Failed");
    await until(async () => (await imageOf()) === "good:1");
    expect((await client.get(deployment, web)).spec.template).toEqual(template);
    await stage.rollOut("shop-web", true);
    await until(async () => {
      const { status } = await client.get(appKind, shop);
      return status?.conditions?.find(({ type }) => type === "Released")?.reason === "ReleaseFailed";
    });
    expect((await client.get(appKind, shop)).status).toMatchObject({
      currentRelease: "shop-v1",
      latestVersion: 2,
    });

    await stage.patchApp({ spec: { image: "good:2" } });
    await until(async () => (await imageOf()) === "good:2");
    await stage.rollOut("shop-web", true);
    await until(async () => (await stage.releases())[2] === "v3 Deploy good:2: Live");
    expect(await stage.releases()).toEqual([
      "v1 Deploy good:1: Superseded",
      "v2 Deploy bad:1: Failed",
      "v3 Deploy good:2: Live",
    ]);
  });

  test("a process type that a release lacks runs until the release is live", async () => {
    await using stage = new Stage().start();
    const { client } = stage;
    await stage.createApp();
    await stage.completeBuild(1, { web: "run", worker: "work" });
    const names = async () =>
      (await client.list(deployment, { namespace })).items
        .map(({ metadata }) => metadata.name ?? "")
        .toSorted();
    await until(async () => (await names()).join() === "shop-web,shop-worker");
    for (const name of await names()) await stage.rollOut(name, true);
    await until(async () => (await stage.releases())[0]?.endsWith("Live") === true);
    await stage.completeBuild(2);
    await until(async () => (await stage.releases())[1]?.endsWith("Deploying") === true);
    const web = { namespace, name: "shop-web" };
    await until(async () => {
      const { containers = [] } = (await client.get(deployment, web)).spec.template.spec ?? {};
      return containers[0]?.image === "r/shop:2";
    });
    expect(await names()).toEqual(["shop-web", "shop-worker"]);
    await stage.rollOut("shop-web", true);
    await until(async () => (await names()).join() === "shop-web");
  });

  test("that is deleted takes the instances with it that were let go of to be taken over", async () => {
    await using stage = new Stage().start();
    const { client } = stage;
    await stage.createApp();
    await until(async () => (await client.list(service, { namespace })).items.length === 1);
    const labels = { "nagi.dev/app": "shop" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "i" }] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    const others = { "shop-web--next-own": [aController], "shop-web-2": [] };
    for (const [name, ownerReferences] of Object.entries({ "shop-web--next-1": [], ...others }))
      await client.create(
        replicaSet,
        newObject(replicaSet, { namespace, name, labels, ownerReferences }, { spec }),
      );
    await client.delete(appKind, shop);
    const left = async () =>
      (await client.list(replicaSet, { namespace })).items.map(({ metadata }) => metadata.name ?? "");
    await until(async () => (await left()).length === 2);
    expect((await left()).toSorted()).toEqual(Object.keys(others).toSorted());
  });

  test("does not take what belongs to somebody else", async () => {
    await using stage = new Stage();
    const { client } = stage;
    const foreign = await client.create(
      service,
      newObject(service, shop, { spec: { ports: [{ port: 1 }] } }),
    );
    stage.start();
    await stage.createApp({ image: "nginx:1" });
    await until(async () => {
      const { items } = await client.list(event, { namespace });
      return items.some(({ reason }) => reason === "NameTaken");
    });
    expect(await client.get(service, shop)).toEqual(foreign);
  });
});

describe("releases", () => {
  const cause = fc.oneof(
    fc.record({ do: fc.constant("image" as const), value: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constant("config" as const), value: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constant("build" as const), value: fc.constant(0) }),
    fc.record({ do: fc.constant("rollback" as const), value: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant("scale" as const), value: fc.integer({ min: 1, max: 3 }) }),
  );

  test("each cause makes one, numbered without gaps, whatever fails in between", async () => {
    const run = fc.asyncProperty(
      fc.array(cause, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat(5)),
      async (causes, dice) => {
        await using stage = new Stage();
        const { client } = stage;
        await stage.createApp();
        let hostile = false;
        client.onCall(({ verb, kind }) => {
          const writes = verb === "create" || verb === "patch" || verb === "update" || verb === "delete";
          if (hostile && writes && kind.kind !== "Event" && dice.next().value === 0) {
            throw new StatusError("ServiceUnavailable", "not now");
          }
        });
        stage.start();
        await until(
          async () =>
            (await client.get(secret, { namespace, name: "shop-config" })).metadata.uid !== undefined,
        );
        let builds = 0;
        for (const { do: what, value } of causes) {
          const before = await content(client);
          hostile = false;
          if (what === "image") await stage.patchApp({ spec: { image: `i:${value}` } });
          if (what === "config") await stage.setConfig({ A: btoa(String(value)) });
          if (what === "build") await stage.completeBuild((builds += 1));
          if (what === "scale") await stage.patchApp({ spec: { processes: { web: { replicas: value } } } });
          if (what === "rollback")
            await stage.patchApp({ metadata: { annotations: { [rollbackAnnotation]: String(value) } } });
          hostile = true;
          await settled(stage);
          const after = await content(client);
          const made = after.length - before.length;
          if (what === "build") expect(made).toBe(1);
          else expect(made).toBeLessThanOrEqual(1);
          if (what === "scale") expect(made).toBe(0);
          expect(after.slice(0, before.length)).toEqual(before);
          if (made === 1 && before.length > 0 && what !== "build") {
            expect(after.at(-1)?.content).not.toEqual(before.at(-1)?.content);
          }
        }
        const versions = (await content(client)).map(({ version }) => version);
        expect(versions).toEqual(versions.map((_, index) => index + 1));
      },
    );
    await fc.assert(run, { numRuns: 25 });
  });

  async function content(client: FakeClient) {
    const { items } = await client.list(release, { namespace });
    const sorted = items.toSorted((a, b) => a.spec.version - b.spec.version);
    return await Promise.all(
      sorted.map(async ({ spec }) => {
        const { data } = await client.get(secret, { namespace, name: spec.configSecret });
        return { version: spec.version, content: { image: spec.image, processes: spec.processes, data } };
      }),
    );
  }

  /** Nothing is left to do, by the same plan on the state as it is. */
  async function settled({ client }: Stage): Promise<void> {
    await until(async () => {
      const { items: releases } = await client.list(release, { namespace });
      const { items: secrets } = await client.list(secret, { namespace });
      const { items: builds } = await client.list(build, { namespace });
      const app = await client.get(appKind, shop);
      const dataOf = (name: string) => {
        const found = secrets.find(({ metadata }) => metadata.name === name);
        return found === undefined ? undefined : (found.data ?? {});
      };
      const config = dataOf("shop-config") ?? {};
      const plan = planRelease({
        app,
        config,
        builds,
        releases,
        configOf: ({ spec }) => dataOf(spec.configSecret),
      });
      const isTold = (app.status?.latestVersion ?? 0) === releases.length;
      return isTold && (plan.action === "none" || plan.action === "wait");
    });
  }
});
