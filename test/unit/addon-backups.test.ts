/** Backups of add-ons against the real API server and store, with servers and a bucket that are played. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EventRecorder } from "../../src/client/event-recorder.ts";
import { encodeText } from "../../src/lib/base64.ts";
import { FakeClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { newObject } from "../../src/model/kind.ts";
import { secret } from "../../src/model/kinds/core/secret/secret.ts";
import { addon, type Addon } from "../../src/model/kinds/nagi/addon/addon.ts";
import { addonBackup, type AddonBackup } from "../../src/model/kinds/nagi/addonbackup/addonbackup.ts";
import { backupStore, storeKeys } from "../../src/model/kinds/nagi/backupstore/backupstore.ts";
import { BackupPlaces } from "../../src/platform/addons/backups/backup-places.ts";
import { BackupReconciler } from "../../src/platform/addons/backups/backup-reconciler.ts";
import { DiskPlace } from "../../src/platform/addons/backups/disk-place.ts";
import { keepSchedule } from "../../src/platform/addons/backups/schedule-reconciler.ts";
import { ControlPlane } from "../harness/control-plane.ts";
import { createDatabaseService } from "../harness/database-service.ts";
import { fakeServer } from "../harness/fake-server.ts";
import { S3Server } from "../harness/s3-server.ts";

const { signal } = new AbortController();
const namespace = "default";
const minuteMs = 60_000;
const directory = mkdtempSync(join(tmpdir(), "nagi-addon-backups-"));
const db = { namespace, name: "db" };
const backupRef = { namespace, name: "db-1" };
const backupKey = "default/db-1";
let planes: Platform[];

beforeEach(() => {
  planes = [];
});
afterEach(async () => {
  for (const { plane, events } of planes) {
    await events.close();
    await plane.close();
  }
  rmSync(directory, { recursive: true, force: true });
});

interface Platform {
  readonly plane: ControlPlane;
  readonly clock: FakeClock;
  readonly events: EventRecorder;
  readonly backups: BackupReconciler;
}

/** With an add-on whose dump is `rows`, and which serves. */
async function platformWith(rows: string): Promise<Platform> {
  const plane = await ControlPlane.open();
  const { client } = plane;
  const clock = new FakeClock(Date.now());
  const events = new EventRecorder({ client, component: "test", clock, log: silentLogger });
  const outside = () => Promise.resolve({ ca: "", proxies: {} });
  const places = new BackupPlaces({ client, directory, outside });
  const open = fakeServer(() => ({ code: 0, output: rows }));
  const backups = new BackupReconciler({ client, clock, events, places, open });
  planes.push({ plane, clock, events, backups });
  await createDatabaseService(client, {
    commands: { dump: "dump", restore: "restore", verify: "verify" },
  });
  await createAddon(plane);
  return { plane, clock, events, backups };
}

async function createAddon({ client }: ControlPlane): Promise<void> {
  const spec = { service: "postgresql", plan: "small" };
  await client.create(addon, newObject<Addon>(addon, db, { spec }));
  await setPhase(client, "Ready");
}

async function setPhase(client: ControlPlane["client"], phase: string): Promise<void> {
  await client.patch(addon, db, { type: "merge", body: { status: { phase } } }, { subresource: "status" });
}

async function createBackup({ client }: ControlPlane, more: object = {}): Promise<void> {
  const spec = { addon: "db", service: "postgresql", plan: "small", ...more };
  await client.create(addonBackup, newObject<AddonBackup>(addonBackup, backupRef, { spec }));
}

const statusOf = async ({ client }: ControlPlane) => (await client.get(addonBackup, backupRef)).status ?? {};

it("lets platforms share a bucket though their backups have the same names", async () => {
  const s3 = await S3Server.start();
  try {
    const platforms = [await platformWith("rows of one"), await platformWith("rows of the other")];
    for (const { plane, backups } of platforms) {
      const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3;
      const data = {
        [storeKeys.id]: encodeText(accessKeyId),
        [storeKeys.secret]: encodeText(secretAccessKey),
      };
      await plane.client.create(secret, newObject(secret, { namespace, name: "keys" }, { data }));
      const spec = { s3: { endpoint, region, bucket, secret: "keys" } };
      await plane.client.create(
        backupStore,
        newObject(backupStore, { namespace, name: "offsite" }, { spec }),
      );
      await createBackup(plane, { store: "offsite" });
      await backups.reconcile(backupKey, signal);
    }
    expect([...s3.objects.values()].map(String).toSorted()).toEqual(["rows of one", "rows of the other"]);
    const [one] = platforms;
    await one?.plane.client.delete(addonBackup, backupRef);
    await one?.backups.reconcile(backupKey, signal);
    await one?.plane.untilGone(addonBackup, backupRef);
    expect([...s3.objects.values()].map(String)).toEqual(["rows of the other"]);
  } finally {
    await s3.stop();
  }
});

it("removes a backup under the name that it was kept by", async () => {
  const { plane, backups } = await platformWith("rows");
  await createBackup(plane);
  await backups.reconcile(backupKey, signal);
  const { file = "" } = await statusOf(plane);
  const place = new DiskPlace(directory);
  await place.keep("default/db-1.dump", async (write) => await write(Buffer.from("rows")));
  const status = { file: "default/db-1.dump" };
  await plane.client.patch(
    addonBackup,
    backupRef,
    { type: "merge", body: { status } },
    { subresource: "status" },
  );
  await plane.client.delete(addonBackup, backupRef);
  await backups.reconcile(backupKey, signal);
  await plane.untilGone(addonBackup, backupRef);
  const read = async (name: string): Promise<string> => {
    let text = "";
    for await (const chunk of place.read(name, signal)) text += Buffer.from(chunk).toString();
    return text;
  };
  await expect(read("default/db-1.dump")).rejects.toThrow("ENOENT");
  expect(await read(file)).toBe("rows");
});

it("keeps nothing of a dump without data", async () => {
  const { plane, backups } = await platformWith("");
  await createBackup(plane);
  await backups.reconcile(backupKey, signal);
  expect(await statusOf(plane)).toMatchObject({ phase: "Failed", message: "the dump is empty" });
  expect(readdirSync(join(directory, namespace))).toEqual([]);
});

it("notes of which add-on a scheduled backup is, and makes none of another one of its name", async () => {
  const { plane, clock, backups } = await platformWith("rows");
  const { client } = plane;
  const since = new Date(clock.now() - 5 * minuteMs).toISOString();
  const wish = { spec: { backups: { schedule: "* * * * *", since } } };
  const { metadata } = await client.patch(addon, db, { type: "merge", body: wish });
  await keepSchedule("default/db", { client, clock });
  const [made] = (await client.list(addonBackup, { namespace })).items;
  expect(made?.spec).toMatchObject({ cause: "schedule", addonUid: metadata.uid });
  await client.delete(addon, db);
  await createAddon(plane);
  const ref = { namespace, name: made?.metadata.name ?? "" };
  await backups.reconcile(`${namespace}/${ref.name}`, signal);
  expect((await client.get(addonBackup, ref)).status).toMatchObject({
    phase: "Failed",
    message: "add-on db is another one than that was to be backed up",
  });
});

it("waits for an add-on from the backup's turn on", async () => {
  const { plane, clock, backups } = await platformWith("rows");
  await createBackup(plane);
  await setPhase(plane.client, "Starting");
  clock.advance(60 * minuteMs);
  await backups.reconcile(backupKey, signal);
  expect((await statusOf(plane)).phase).toBe("Pending");
  clock.advance(11 * minuteMs);
  await backups.reconcile(backupKey, signal);
  expect(await statusOf(plane)).toMatchObject({
    phase: "Failed",
    message: "add-on db does not serve (Starting)",
  });
});

it("gives a check's server its time from when it is made, whenever the check was asked for", async () => {
  const { plane, clock, backups } = await platformWith("rows");
  const { client } = plane;
  await createBackup(plane);
  await backups.reconcile(backupKey, signal);
  const verifyAt = "2026-01-01T00:00:00Z";
  await client.patch(addonBackup, backupRef, { type: "merge", body: { spec: { verifyAt } } });
  await backups.reconcile(backupKey, signal);
  await backups.reconcile(backupKey, signal);
  expect((await statusOf(plane)).verification).toMatchObject({
    phase: "Running",
    message: "starting a server",
  });
  clock.advance(21 * minuteMs);
  await backups.reconcile(backupKey, signal);
  expect((await statusOf(plane)).verification).toMatchObject({
    phase: "Failed",
    message: "the server to check it with does not come up: ",
  });
});
