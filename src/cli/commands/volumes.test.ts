import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { runCommand } from "../testing/command-bench.ts";
import { command } from "./volumes.ts";

const namespace = "default";

function withUploads(): FakeClient {
  const spec: PersistentVolumeClaim["spec"] = {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
  };
  const claim = newObject<PersistentVolumeClaim>(
    persistentVolumeClaim,
    { name: "uploads", namespace, labels: { "nagi.dev/volume": "uploads" } },
    { spec },
  );
  const web = { desired: 1, ready: 1 };
  const status = { latestVersion: 1, processes: { web, worker: web } };
  const shop = newObject<App>(app, { name: "shop", namespace }, { status });
  return new FakeClient({ objects: [claim, shop] });
}

it("mounts a volume in process types only that the app has", async () => {
  const client = withUploads();
  const mount = (process: string) =>
    runCommand(command, client, ["mount", "uploads", "/data", "--app", "shop", "--process", process]);
  await expect(mount("wroker")).rejects.toThrow('app shop has no process type "wroker"');
  expect((await mount("worker")).out).toBe("Mounted uploads in shop (worker) at /data\n");
  expect((await client.get(app, { namespace, name: "shop" })).spec?.volumes).toHaveLength(1);
});

it("does not say of a snapshot that is not waited for that it has the files", async () => {
  const { out } = await runCommand(command, withUploads(), ["snapshot", "uploads", "before", "--no-wait"]);
  expect(out).toBe("Snapshot before of uploads is being taken: nagi volumes snapshots\n");
});
