/** Add-ons against the real API server and store, with servers that are played. */

import { afterEach, beforeEach, expect, it } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { EventRecorder } from "../../src/client/event-recorder.ts";
import { runWorkloads } from "../../src/engine/workloads/run.ts";
import { runFakeAgent } from "../../src/engine/workloads/testing/fake-agent.ts";
import { decodeEntries } from "../../src/lib/base64.ts";
import { FakeClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { newObject } from "../../src/model/kind.ts";
import { statefulSet } from "../../src/model/kinds/apps/statefulset/statefulset.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import { secret } from "../../src/model/kinds/core/secret/secret.ts";
import { addon, type Addon } from "../../src/model/kinds/nagi/addon/addon.ts";
import { addonService } from "../../src/model/kinds/nagi/addonservice/addonservice.ts";
import { platform } from "../../src/model/kinds/nagi/platform/platform.ts";
import { app, type App } from "../../src/model/kinds/nagi/app/app.ts";
import { configName } from "../../src/model/kinds/nagi/app/app-names.ts";
import { AddonReconciler } from "../../src/platform/addons/addon-reconciler.ts";
import { makeWantedAddons } from "../../src/platform/addons/wanted-addons.ts";
import { ControlPlane } from "../harness/control-plane.ts";
import { createDatabaseService } from "../harness/database-service.ts";
import { fakeServer, type Ran } from "../harness/fake-server.ts";

const { signal } = new AbortController();
const namespace = "default";
const clock = new FakeClock(Date.parse("2026-03-01T00:00:00Z"));
let plane: ControlPlane;
let client: Client;
let answer: Ran;

beforeEach(async () => {
  plane = await ControlPlane.open();
  ({ client } = plane);
  answer = { code: 0 };
  await client.create(node, newObject(node, { name: "node-1" }, {}));
  await client.create(platform, newObject(platform, { name: "postgresql" }, { spec: {} }));
  const body = { status: { phase: "Ready", image: "registry/postgresql:1" } };
  await client.patch(platform, { name: "postgresql" }, { type: "merge", body }, { subresource: "status" });
  await createDatabaseService(client, {
    reservedNames: ["postgres", "pg_*"],
    commands: { addUser: "add", dropUser: "drop" },
  });
  plane.run(
    (stop) => runWorkloads(plane.parts, stop),
    (stop) => runFakeAgent({ client, node: "node-1" }, stop),
  );
});
afterEach(() => plane.close());

const reconciler = (): AddonReconciler =>
  new AddonReconciler({ client, clock, open: fakeServer(() => answer) });

async function create(name: string): Promise<void> {
  const spec = { service: "postgresql", plan: "small" };
  await client.create(addon, newObject<Addon>(addon, { namespace, name }, { spec }));
}

/** With a server that runs. */
async function make(name: string): Promise<AddonReconciler> {
  await create(name);
  const made = reconciler();
  await made.reconcile(`${namespace}/${name}`, signal);
  const ref = { namespace, name: `addon-${name}` };
  await plane.until(statefulSet, ref, ({ status }) => status?.readyReplicas === 1);
  return made;
}

const databaseOf = async (name: string): Promise<string | undefined> => {
  await create(name);
  await reconciler().reconcile(`${namespace}/${name}`, signal);
  const { data } = await client.get(secret, { namespace, name: `addon-${name}` });
  return decodeEntries(data)["database"];
};

it("gives a database no name that the server keeps to itself", async () => {
  expect(await databaseOf("pg-demo-postgresql")).toBe("db_pg_demo_postgresql");
  expect(await databaseOf("postgres")).toBe("db_postgres");
  expect(await databaseOf("postgres-2")).toBe("postgres_2");
});

it("leaves a database the name that it has", async () => {
  await databaseOf("shop");
  const service = await client.get(addonService, { name: "postgresql" });
  const spec = { ...service.spec, reservedNames: ["shop"] };
  await client.update(addonService, { ...service, spec });
  await reconciler().reconcile(`${namespace}/shop`, signal);
  const { data } = await client.get(secret, { namespace, name: "addon-shop" });
  expect(decodeEntries(data)["database"]).toBe("shop");
});

it("says why a user cannot be made, fails when that stays so, and serves when it is mended", async () => {
  const made = await make("shop");
  const ref = { namespace, name: "shop" };
  const key = `${namespace}/shop`;
  const { data } = await client.get(secret, { namespace, name: "addon-shop" });
  const { password = "" } = decodeEntries(data);
  answer = { code: 3, output: `ERROR: no role "shop" at '${password}'` };
  const why = `cannot run addUser of service postgresql: ERROR: no role "shop" at '...'`;
  await expect(made.reconcile(key, signal)).rejects.toThrow(why);
  expect((await client.get(addon, ref)).status).toMatchObject({ phase: "Starting", message: why });
  clock.advance(60_000);
  await expect(made.reconcile(key, signal)).rejects.toThrow(why);
  expect((await client.get(addon, ref)).status).toMatchObject({ phase: "Failed", message: why });
  answer = { code: 0 };
  await made.reconcile(key, signal);
  const { status } = await client.get(addon, ref);
  expect(status?.phase).toBe("Ready");
  expect(status?.message).toBeUndefined();
});

it("makes what apps with long names ask for, beside each other", async () => {
  const long = "the-shop-that-sells-all-that-there-is";
  const events = new EventRecorder({ client, component: "test", clock, log: silentLogger });
  for (const name of [`${long}-1`, `${long}-2`, `${long}-3`]) {
    const spec = { addons: [{ plan: "postgresql" }] };
    await client.create(app, newObject<App>(app, { namespace, name }, { spec }));
    await client.create(secret, newObject(secret, { namespace, name: configName(name) }, {}));
    await makeWantedAddons(`${namespace}/${name}`, { client, events });
  }
  const made = (await client.list(addon, { namespace })).items;
  const names = made.map(({ metadata, spec }) => [spec.attachments?.[0]?.app, metadata.name]);
  expect(Object.fromEntries(names)).toEqual({
    [`${long}-1`]: "the-shop-that-sells-all-that-postgresql",
    [`${long}-2`]: "the-shop-that-sells-all-that-th-database",
    [`${long}-3`]: "the-shop-that-sells-all-tha-postgresql-2",
  });
});

it("says why a rotation gets no further", async () => {
  const made = await make("shop");
  const ref = { namespace, name: "shop" };
  const key = `${namespace}/shop`;
  await made.reconcile(key, signal);
  const rotatedAt = "2026-03-01T00:00:00Z";
  await client.patch(addon, ref, { type: "merge", body: { spec: { rotatedAt } } });
  await made.reconcile(key, signal);
  answer = { code: 1, output: "too many connections" };
  await expect(made.reconcile(key, signal)).rejects.toThrow("too many connections");
  const message = "cannot run addUser of service postgresql: too many connections";
  expect((await client.get(addon, ref)).status).toMatchObject({
    phase: "Ready",
    rotation: { phase: "Making", message },
  });
  answer = { code: 0 };
  for (let step = 0; step < 4; step += 1) await made.reconcile(key, signal);
  const { rotation } = (await client.get(addon, ref)).status ?? {};
  expect(rotation?.phase).toBe("Complete");
  expect(rotation?.message).toBeUndefined();
});
